// ~/.aws/config and ~/.aws/credentials, as the AWS CLI reads them.
//
// A profile's settings may stand in both files: [profile x] in the one, [x] in the other, where the
// latter's win. A setting without a value may be followed by indented ones, its members:
//   [services local]
//   dynamodb =
//     endpoint_url = http://localhost:8000
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include "aws/environment.h"
#include "base/error.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::aws {

struct profile_setting {
  std::string value;
  std::map<std::string, std::string, std::less<>> members;  ///< of an indented block
  bool in_credentials_file = false;
};

/// Names are in lower case.
class profile_section {
 public:
  /// Nothing where it is absent or empty.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> find_member(std::string_view block,
                                                       std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] bool has_in_credentials_file(std::string_view name) const;

  std::map<std::string, profile_setting, std::less<>> settings;
};

/// A file's text and where it stands; nothing for the text of a file that does not exist.
struct profile_file {
  std::string path;
  std::optional<std::string> text;
};

class profile_files {
 public:
  profile_files() = default;
  /// Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE or the files in $HOME/.aws. A file that
  /// is absent counts as empty; one that cannot be read or understood is an error.
  [[nodiscard]] static result<profile_files> load(const environment& variables);
  [[nodiscard]] static result<profile_files> parse(const profile_file& config,
                                                   const profile_file& credentials);

  /// Null when there is none of that name.
  [[nodiscard]] const profile_section* profile(std::string_view name) const {
    return find(profiles_, name);
  }
  [[nodiscard]] const profile_section* services(std::string_view name) const {
    return find(services_, name);
  }
  [[nodiscard]] const profile_section* sso_session(std::string_view name) const {
    return find(sso_sessions_, name);
  }
  /// The profile, or an error that lists those that exist and the files looked at.
  [[nodiscard]] result<const profile_section*> require_profile(std::string_view name) const;
  /// "~/.aws/config and ~/.aws/credentials (not there)".
  [[nodiscard]] const std::string& files_looked_at() const { return files_looked_at_; }

 private:
  using sections = std::map<std::string, profile_section, std::less<>>;
  [[nodiscard]] static const profile_section* find(const sections& in, std::string_view name);
  [[nodiscard]] result<void> read(const profile_file& file, bool is_config);
  /// Null for a section that is not ours to read.
  [[nodiscard]] profile_section* find_or_make(const std::string& kind, const std::string& name,
                                              bool is_config);

  sections profiles_;
  sections services_;
  sections sso_sessions_;
  std::vector<std::string> misnamed_;  ///< sections of the config file that lack "profile "
  std::string files_looked_at_;
};

/// `named` (a flag), AWS_PROFILE, AWS_DEFAULT_PROFILE; nothing when no one has named a profile.
[[nodiscard]] std::optional<std::string> named_profile(const std::optional<std::string>& named,
                                                       const environment& variables);

}  // namespace ddm::aws
