#include "net/authorities.h"

#include "net/test_certificate.h"
#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace ddm::net {
namespace {

/// A system's root with nothing in it, removed with the object.
class bare_system {
 public:
  bare_system()
      : root_(std::filesystem::path(testing::TempDir()) /
              ("ddm_root_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(root_);
  }
  bare_system(const bare_system&) = delete;
  bare_system& operator=(const bare_system&) = delete;
  ~bare_system() { std::filesystem::remove_all(root_); }

  void put(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root() + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  [[nodiscard]] std::string root() const { return root_.string(); }

 private:
  std::filesystem::path root_;
};

TEST(authorities, are_found_where_each_family_of_systems_keeps_them) {
  for (const std::string file :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
        "/var/lib/ca-certificates/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    const bare_system system;
    EXPECT_EQ(system_authorities(system.root()), "") << file;
    system.put(file, make_certificate("DNS:localhost").certificate_pem);
    EXPECT_EQ(system_authorities(system.root()), system.root() + file);
    EXPECT_TRUE(tls_context::create(system_authorities(system.root())));
  }
}

TEST(authorities, a_link_to_nothing_is_passed_over) {
  const bare_system system;
  system.put("/etc/pki/tls/certs/ca-bundle.crt", "x");
  std::filesystem::create_directories(system.root() + "/etc/ssl/certs");
  std::filesystem::create_symlink("/nothing", system.root() + "/etc/ssl/certs/ca-certificates.crt");
  EXPECT_EQ(system_authorities(system.root()), system.root() + "/etc/pki/tls/certs/ca-bundle.crt");
}

TEST(authorities, what_holds_nothing_is_passed_over) {
  const bare_system system;
  system.put("/etc/ssl/certs/ca-certificates.crt", "");
  std::filesystem::create_directories(system.root() +
                                      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem");
  EXPECT_EQ(system_authorities(system.root()), "");
  system.put("/etc/pki/tls/certs/ca-bundle.crt", "x");
  EXPECT_EQ(system_authorities(system.root()), system.root() + "/etc/pki/tls/certs/ca-bundle.crt");
}

}  // namespace
}  // namespace ddm::net
