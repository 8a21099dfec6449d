#include "net/authorities.h"

#include "net/test_certificate.h"
#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
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

/// Of a system on which these files hold something.
std::optional<std::string> chosen_where(const std::set<std::string>& files,
                                        const openssl_places& openssl) {
  const auto is_there = [&](const std::string& path) { return files.contains(path); };
  return authorities_beside(openssl, authority_files, is_there, is_there);
}

constexpr auto debians = "/etc/ssl/certs/ca-certificates.crt";
constexpr auto red_hats = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
constexpr auto openssls = "/usr/lib/ssl/cert.pem";

TEST(authorities, are_found_where_each_family_of_systems_keeps_them) {
  for (const std::string file :
       {debians, red_hats, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/var/lib/ca-certificates/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    EXPECT_EQ(chosen_where({file}, {.file = openssls}), file);
  }
}

TEST(authorities, that_are_nowhere_are_missed) {
  EXPECT_FALSE(chosen_where({}, {.file = openssls, .folder = "/usr/lib/ssl/certs"}));
  EXPECT_EQ(
      chosen_where({"/usr/lib/ssl/certs"}, {.file = openssls, .folder = "/usr/lib/ssl/certs"}), "")
      << "one a file";
}

TEST(authorities, of_two_places_are_those_of_the_first) {
  EXPECT_EQ(chosen_where({"/etc/ssl/cert.pem", debians, red_hats}, {.file = openssls}), debians);
  EXPECT_EQ(chosen_where({"/etc/ssl/cert.pem", red_hats}, {.file = openssls}), red_hats);
}

TEST(authorities, that_openssl_has_by_itself_are_not_added_to) {
  EXPECT_EQ(chosen_where({openssls, debians}, {.file = openssls}), "");
}

// Who names a store of his own means no other, also where it holds nothing.
TEST(authorities, that_the_environment_chose_are_not_added_to) {
  EXPECT_EQ(chosen_where({debians}, {.file = openssls, .chosen = true}), "");
}

TEST(authority_file, holds_some_if_it_is_a_file_with_something_in_it) {
  const bare_system system;
  const auto holds_some = [&](const std::string& file) {
    return is_readable_and_holds_some(system.root() + file);
  };
  EXPECT_FALSE(holds_some("/nothing"));
  system.put("/bundle", make_certificate("DNS:localhost").certificate_pem);
  EXPECT_TRUE(holds_some("/bundle"));
  EXPECT_TRUE(tls_context::create(system.root() + "/bundle"));
  std::filesystem::create_symlink("bundle", system.root() + "/link");
  EXPECT_TRUE(holds_some("/link"));
  std::filesystem::create_symlink("/nothing", system.root() + "/dead_link");
  EXPECT_FALSE(holds_some("/dead_link"));
  system.put("/empty", "");
  EXPECT_FALSE(holds_some("/empty"));
  std::filesystem::create_directories(system.root() + "/folder");
  EXPECT_FALSE(holds_some("/folder"));
  EXPECT_FALSE(folder_holds_some(system.root() + "/folder"));
  EXPECT_FALSE(folder_holds_some(system.root() + "/nothing"));
  EXPECT_TRUE(folder_holds_some(system.root()));
  std::filesystem::create_directories(system.root() + "/certs/bundle-of-a-mount");
  system.put("/certs/empty", "");
  EXPECT_FALSE(folder_holds_some(system.root() + "/certs")) << "entries, and no authority";
  system.put("/certs/authority", "some");
  EXPECT_TRUE(folder_holds_some(system.root() + "/certs"));
}

}  // namespace
}  // namespace ddm::net
