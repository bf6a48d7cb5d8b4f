/* Process 1 of the guest of run-numa: mounts what programs expect, runs the program that the kernel's command line
 * names after "--" with its output on the serial port, says its exit status there and restarts, at which QEMU ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void end(const char *what, int status) {
  dprintf(1, "\n%s %d\n", what, status);
  tcdrain(1);
  sync();
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}

static void mounted(const char *kind, const char *folder) {
  if (mount(kind, folder, kind, 0, NULL) != 0) end("run-numa: cannot mount a file system:", errno);
}

int main(int argc, char **argv) {
  const int console = open("/dev/console", O_RDWR);
  for (int i = 0; i < 3; ++i) dup2(console, i);
  struct termios settings;
  if (tcgetattr(1, &settings) == 0) {
    settings.c_oflag &= ~(tcflag_t)OPOST; /* no carriage returns */
    tcsetattr(1, TCSANOW, &settings);
  }
  mounted("proc", "/proc");
  mounted("sysfs", "/sys");
  if (argc < 2) end("run-numa: no program, arguments:", argc);
  dprintf(1, "run-numa: up\n");
  const pid_t child = fork();
  if (child == 0) {
    char *environment[] = {"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8", NULL};
    execve(argv[1], argv + 1, environment);
    dprintf(1, "run-numa: cannot start %s: %s\n", argv[1], strerror(errno));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) end("run-numa: exit", 128 + WTERMSIG(status));
  end("run-numa: exit", WEXITSTATUS(status));
}
