#include <boost/asio/ssl/stream.hpp>

#include "serve/http/http_session.h"
#include "serve/http/tls_certificates.h"

namespace filigree::serve {

std::shared_ptr<Session> make_tls_session(PlainSocket socket, Admission admission,
                                          const SessionEnvironment& environment,
                                          Sessions& sessions) {
  using TlsStream = boost::asio::ssl::stream<PlainSocket>;
  // The stream shares OpenSSL's part of the context, which is all that it needs of it.
  const auto context = environment.tls->context();
  return std::make_shared<HttpSession<TlsStream>>(TlsStream(std::move(socket), *context), admission,
                                                  environment, sessions);
}

}  // namespace filigree::serve
