// Depth-first walk over the named predecessors; a cycle is reported along the path that closes it.
#include <elasticbot/supervisor/fleet/order.hpp>

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

namespace elasticbot::supervisor {

namespace {

using Predecessors = std::vector<ProgramName> Program::*;

// Of programs that could come in any order.
enum class Equals { first_first, last_first };

class Walk {
public:
    Walk(
        const std::vector<Program>& programs,
        Predecessors predecessors,
        std::string_view key,
        Equals equals
    )
        : programs_(programs),
          predecessors_(predecessors),
          key_(key),
          equals_(equals),
          marks_(programs.size(), Mark::unseen) {
        for (std::size_t index = 0; index < programs.size(); ++index) {
            index_of_.emplace(programs[index].name, index);
        }
    }

    Result<std::vector<std::size_t>> run() {
        const std::size_t count = programs_.size();
        for (std::size_t place = 0; place < count; ++place) {
            if (auto visited = visit(nth(place, count)); !visited) {
                return visited.error();
            }
        }
        return std::move(order_);
    }

private:
    enum class Mark { unseen, on_path, done };

    struct Step {
        std::size_t program;
        std::size_t next_predecessor;
    };

    std::size_t nth(std::size_t place, std::size_t count) const {
        return equals_ == Equals::first_first ? place : count - 1 - place;
    }

    // Iterative: a configuration with a chain of thousands must not exhaust the stack.
    Result<> visit(std::size_t root) {
        if (marks_[root] != Mark::unseen) {
            return {};
        }
        enter(root);
        while (!path_.empty()) {
            Step& step = path_.back();
            const auto& names = programs_[step.program].*predecessors_;
            if (step.next_predecessor == names.size()) {
                marks_[step.program] = Mark::done;
                order_.push_back(step.program);
                path_.pop_back();
                continue;
            }
            const ProgramName& name = names[nth(step.next_predecessor++, names.size())];
            const auto found = index_of_.find(name);
            if (found == index_of_.end()) {
                return unknown(step.program, name);
            }
            switch (marks_[found->second]) {
                case Mark::unseen:
                    enter(found->second);
                    break;
                case Mark::on_path:
                    return cycle(found->second);
                case Mark::done:
                    break;
            }
        }
        return {};
    }

    void enter(std::size_t program) {
        marks_[program] = Mark::on_path;
        path_.push_back({program, 0});
    }

    Error unknown(std::size_t program, const ProgramName& name) const {
        return {
            Errc::not_found,
            fmt::format(
                "cannot order the programs: {} is {} {}, and there is no program of that name",
                programs_[program].name.value(),
                key_,
                name.value()
            )
        };
    }

    Error cycle(std::size_t first) const {
        std::string members;
        bool is_inside = false;
        for (const Step& step : path_) {
            is_inside = is_inside || step.program == first;
            if (!is_inside) {
                continue;
            }
            members += fmt::format("{} {} ", programs_[step.program].name.value(), key_);
        }
        return {
            Errc::invalid,
            fmt::format("cannot order the programs: {}{}", members, programs_[first].name.value())
        };
    }

    const std::vector<Program>& programs_;
    Predecessors predecessors_;
    std::string_view key_;
    Equals equals_;
    std::vector<Mark> marks_;
    std::unordered_map<ProgramName, std::size_t> index_of_;
    std::vector<Step> path_;
    std::vector<std::size_t> order_;
};

}  // namespace

Result<std::vector<std::size_t>> start_order(const std::vector<Program>& programs) {
    return Walk(programs, &Program::after, "after", Equals::first_first).run();
}

Result<std::vector<std::size_t>> stop_order(const std::vector<Program>& programs) {
    return Walk(programs, &Program::stop_after, "stop_after", Equals::last_first).run();
}

}  // namespace elasticbot::supervisor
