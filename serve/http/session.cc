#include "serve/http/session.h"

#include "serve/http/http_session.h"

namespace filigree::serve {

std::shared_ptr<Session> make_session(PlainSocket socket, Admission admission,
                                      const SessionEnvironment& environment, Sessions& sessions) {
  if (environment.tls != nullptr)
    return make_tls_session(std::move(socket), admission, environment, sessions);
  return std::make_shared<HttpSession<PlainSocket>>(std::move(socket), admission, environment,
                                                    sessions);
}

}  // namespace filigree::serve
