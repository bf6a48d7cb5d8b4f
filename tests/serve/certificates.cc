#include "tests/serve/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>
#include <string_view>

namespace filigree::serve {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using X509Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long kHour = 60 * 60;

template <class Pointer>
Pointer* checked(Pointer* pointer) {
  if (pointer == nullptr) throw std::runtime_error("OpenSSL refuses");
  return pointer;
}
void check(int result) {
  if (result <= 0) throw std::runtime_error("OpenSSL refuses");
}

Bio reader(const std::string& text) {
  return {checked(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))), BIO_free};
}
Key key_of(const std::string& pem) {
  return {checked(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, nullptr, nullptr)),
          EVP_PKEY_free};
}

template <class Write>
std::string pem_of(const Write& write) {
  const Bio memory(checked(BIO_new(BIO_s_mem())), BIO_free);
  check(write(memory.get()));
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Key make_key(KeyKind kind) {
  constexpr int kRsaBits = 2048;
  EVP_PKEY* key = kind == KeyKind::kRsa ? EVP_RSA_gen(kRsaBits) : EVP_EC_gen("P-256");
  return {checked(key), EVP_PKEY_free};
}

void set_name(X509_NAME* names, const std::string& name) {
  check(X509_NAME_add_entry_by_txt(
      names, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0));
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = checked(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  check(added);
}

X509Certificate unsigned_certificate(const std::string& name, const std::string& issuer,
                                     EVP_PKEY* key) {
  static std::atomic<long> serial{1};
  X509Certificate certificate(checked(X509_new()), X509_free);
  check(X509_set_version(certificate.get(), X509_VERSION_3));
  check(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++));
  checked(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour));
  checked(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour));
  check(X509_set_pubkey(certificate.get(), key));
  set_name(X509_get_subject_name(certificate.get()), name);
  set_name(X509_get_issuer_name(certificate.get()), issuer);
  return certificate;
}

Certificate signed_certificate(const std::string& name, X509* certificate, EVP_PKEY* key,
                               EVP_PKEY* signer) {
  check(X509_sign(certificate, signer, EVP_sha256()));
  return {.name = name,
          .certificate = pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }),
          .key = pem_of([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

std::string Certificate::encrypted_key() const {
  static constexpr std::string_view kPassphrase = "secret";
  const Key plain = key_of(key);
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, plain.get(), EVP_aes_128_cbc(),
                                    reinterpret_cast<const unsigned char*>(kPassphrase.data()),
                                    static_cast<int>(kPassphrase.size()), nullptr, nullptr);
  });
}

Certificate make_authority(const std::string& name) {
  const Key key = make_key(KeyKind::kEllipticCurve);
  const X509Certificate certificate = unsigned_certificate(name, name, key.get());
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  return signed_certificate(name, certificate.get(), key.get(), key.get());
}

Certificate make_certificate(const std::string& name, const Certificate& authority, KeyKind kind) {
  const Key key = make_key(kind);
  const X509Certificate certificate = unsigned_certificate(name, authority.name, key.get());
  add_extension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
  return signed_certificate(name, certificate.get(), key.get(), key_of(authority.key).get());
}

}  // namespace filigree::serve
