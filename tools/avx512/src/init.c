/* init.c - process 1 of the guest.  Runs one program, sends its stdout, stderr
 * and exit status through the first serial port as frames, stops the emulator.
 *
 * A frame is: type (1 byte), payload length (2 bytes, little endian), payload.
 *   'B' guest is up, about to start the program    'O' stdout   'E' stderr
 *   'M' message from this file                      'X' end: 4 x 64-bit words:
 *        wait status, TSC ticks, user ns, system ns
 *
 * /.run-avx512 holds NUL-terminated strings: unix time, number of arguments,
 * number of environment strings, working directory, stdin path, program path,
 * the arguments, the environment. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <x86intrin.h>

static int tty = -1;

static void put(const void *data, size_t size) {
  const char *at = data;
  while (size) {
    ssize_t n = write(tty, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += n;
    size -= (size_t)n;
  }
}

static void frame(char type, const void *data, size_t size) {
  unsigned char head[3] = {(unsigned char)type, (unsigned char)size, (unsigned char)(size >> 8)};
  put(head, sizeof head);
  put(data, size);
}

static void message(const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n > (int)sizeof text - 1) n = sizeof text - 1;
  frame('M', text, (size_t)n);
}

static void power_off(void) {
  if (tty >= 0) tcdrain(tty);
  sync();
  if (iopl(3) == 0)
    for (const char *p = "Shutdown"; *p; p++) outb((unsigned char)*p, 0x8900);
  for (;;) pause();
}

static void fail(const char *what) {
  message("%s: %s", what, strerror(errno));
  power_off();
}

/* Forward what is there; returns 0 at end of file. */
static int forward(int fd, char type) {
  char data[4096];
  ssize_t n = read(fd, data, sizeof data);
  if (n > 0) {
    frame(type, data, (size_t)n);
    return 1;
  }
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

int main(void) {
  tty = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (tty < 0) power_off();
  struct termios t;
  if (tcgetattr(tty, &t) == 0) {
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL;
    t.c_cflag &= ~(tcflag_t)CRTSCTS;
    cfsetspeed(&t, B115200);
    tcsetattr(tty, TCSANOW, &t);
  }
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  struct ifreq lo = {.ifr_name = "lo"};
  int net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (net >= 0 && ioctl(net, SIOCGIFFLAGS, &lo) == 0) {
    lo.ifr_flags |= IFF_UP | IFF_RUNNING;
    ioctl(net, SIOCSIFFLAGS, &lo);
  }
  if (net >= 0) close(net);

  static char text[1 << 20];
  int fd = open("/.run-avx512", O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (size < 0) fail("/.run-avx512");
  close(fd);
  char *at = text, *end = text + size;
#define NEXT()                          \
  ({                                    \
    char *s_ = at;                      \
    if (at < end) at += strlen(at) + 1; \
    s_;                                 \
  })
  struct timeval now = {.tv_sec = atoll(NEXT()), .tv_usec = 0};
  if (now.tv_sec > 0) settimeofday(&now, NULL);
  int argc = atoi(NEXT()), envc = atoi(NEXT());
  char *cwd = NEXT(), *input = NEXT(), *program = NEXT();
  char **argv = calloc((size_t)argc + 1, sizeof *argv),
       **envp = calloc((size_t)envc + 1, sizeof *envp);
  for (int i = 0; i < argc; i++) argv[i] = NEXT();
  for (int i = 0; i < envc; i++) envp[i] = NEXT();

  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("pipe");
  frame('B', NULL, 0);
  tcdrain(tty);

  uint64_t start = __rdtsc();
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    setsid();
    int in = open(input, O_RDONLY);
    if (in < 0) {
      message("%s: %s", input, strerror(errno));
      _exit(126);
    }
    dup2(in, 0);
    if (in > 2) close(in);
    dup2(out[1], 1);
    dup2(err[1], 2);
    if (chdir(cwd)) {
      message("%s: %s", cwd, strerror(errno));
      _exit(126);
    }
    execve(program, argv, envp);
    message("%s: %s%s", program, strerror(errno),
            errno == ENOENT ? " (is it for x86-64 Linux, is its interpreter there?)" : "");
    _exit(errno == ENOENT ? 127 : 126);
  }
  close(out[1]);
  close(err[1]);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  fcntl(err[0], F_SETFL, O_NONBLOCK);

  struct pollfd fds[2] = {{.fd = out[0], .events = POLLIN}, {.fd = err[0], .events = POLLIN}};
  const char type[2] = {'O', 'E'};
  int status = 0, done = 0;
  uint64_t stop = 0;
  struct rusage usage = {0};
  for (;;) {
    int any = 0;
    if (fds[0].fd >= 0 || fds[1].fd >= 0) any = poll(fds, 2, done ? 0 : 100);
    for (int i = 0; i < 2 && any > 0; i++)
      if (fds[i].revents && !forward(fds[i].fd, type[i])) fds[i].fd = -1;
    if (done && any <= 0) break;
    if (!done) {
      int open_pipe = fds[0].fd >= 0 || fds[1].fd >= 0;
      pid_t pid = waitpid(-1, &status, open_pipe ? WNOHANG : 0);
      if (pid == child) {
        done = 1;
        stop = __rdtsc();
        getrusage(RUSAGE_CHILDREN, &usage);
      }
    }
  }
  uint64_t words[4] = {
      (uint64_t)(uint32_t)status, stop - start,
      (uint64_t)usage.ru_utime.tv_sec * 1000000000u + (uint64_t)usage.ru_utime.tv_usec * 1000u,
      (uint64_t)usage.ru_stime.tv_sec * 1000000000u + (uint64_t)usage.ru_stime.tv_usec * 1000u};
  frame('X', words, sizeof words);
  power_off();
}
