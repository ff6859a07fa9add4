// What a worker is called among all workers of a broker: in remote control, events and results.
#pragma once

#include <string>
#include <string_view>

namespace elasticbot::celery {

// `configured`: as Celery's `-n`, with %h, %n, %d; without '@' the host is added; empty: celery@%h.
// `program`: as which the supervisor runs the process, or empty. Its instance number stands behind
// the name, as `celery multi` has it: worker:2 is celery2@host. A program of another name than
// worker gives that name: heavy is heavy@host. So two of one fleet never share a name, and each has
// the same one after a restart.
std::string node_name(std::string_view configured, std::string_view program, std::string_view host);

}  // namespace elasticbot::celery
