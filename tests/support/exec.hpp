// Arguments and variables in the form that exec and posix_spawn take.
#pragma once

#include <string>
#include <vector>

namespace elasticbot::testing_support {

// Valid as long as `texts` is left as it is.
inline std::vector<char*> exec_pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace elasticbot::testing_support
