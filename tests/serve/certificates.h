// Certificates for one test, made of fresh keys.
#pragma once

#include <memory>
#include <string>

namespace filigree::serve {

enum class KeyKind { kEllipticCurve, kRsa };

// A certificate with its key, in PEM.
struct Certificate {
  std::string name;
  std::string certificate;
  std::string key;

  std::string encrypted_key() const;  // the same key behind a passphrase
};

// Signs itself, and may sign others.
Certificate make_authority(const std::string& name);

// For the server at 127.0.0.1, and for clients.
Certificate make_certificate(const std::string& name, const Certificate& authority,
                             KeyKind kind = KeyKind::kEllipticCurve);

}  // namespace filigree::serve
