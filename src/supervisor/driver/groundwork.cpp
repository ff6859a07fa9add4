#include "groundwork.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/signals.hpp>

#include <sys/resource.h>

namespace elasticbot::supervise {

Groundwork::Groundwork() : standard_descriptors(os::ensure_standard_descriptors()) {
    os::prepare_supervisor_signals();
}

os::ResourceLimit raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const os::ResourceLimit before{
        .resource = RLIMIT_NOFILE, .soft = limit.rlim_cur, .hard = limit.rlim_max
    };
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return before;
}

}  // namespace elasticbot::supervise
