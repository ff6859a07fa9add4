// The reference page and the example file, written from the schema so that they cannot disagree
// with it.
#pragma once

#include <string>

namespace elasticbot::config {

// docs/configuration.md
std::string reference_page();

// config/elasticbot.toml: every key with its default, commented out.
std::string example_file();

}  // namespace elasticbot::config
