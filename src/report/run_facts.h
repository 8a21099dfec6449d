// What a status speaks of: which run, of which tables, with which settings. Plain values, the same
// for as long as the run goes on.
#pragma once

#include "base/side.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <vector>

namespace ddm::report {

/// What is not known is empty: a table that is awaited has a name alone, DynamoDB Local's no
/// account.
struct table_facts {
  std::string name;
  std::string arn;
  std::string table_id;  ///< of the table itself: another one of the same name has another
  std::string account;
  std::string region;
  std::string endpoint;
};

struct stream_facts {
  std::string arn;
  std::string view_type;
  side of = side::source;  ///< whose changes it tells
  std::string region;
  std::string endpoint;
};

/// A flag and its value in force, as a user would write them. No secret is among them.
struct setting {
  std::string name;  ///< without dashes
  std::string value;
};

struct run_facts {
  std::string migration;  ///< its name: where only one runs, the target table's
  std::string command;    ///< "monitor", "compare"
  std::string version;    ///< of the program
  wall_time started;
  per_side<table_facts> tables;
  std::optional<stream_facts> stream;  ///< nothing: none is read
  std::vector<setting> settings;
  std::string state_file;
  std::string findings_file;
};

/// Credentials as they may be shown.
struct credential_facts {
  std::string of;  ///< "source", "target", "stream"
  std::string access_key_id;
  std::optional<wall_time> ends;  ///< nothing: not known to end
  bool renewed = false;           ///< before that, with nobody present
};

}  // namespace ddm::report
