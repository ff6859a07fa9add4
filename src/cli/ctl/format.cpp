#include "faults.hpp"

#include <elasticbot/cli/ctl/format.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace elasticbot::cli::ctl {

namespace {

// Padded on the right, by characters.
std::string padded(std::string text, std::size_t width) {
    const std::size_t length = supervisord::python::length(text);
    text.append(width - std::min(width, length), ' ');
    return text;
}

std::string error_line(std::string_view name, std::string_view reason) {
    return fmt::format("{}: ERROR ({})", name, reason);
}

}  // namespace

Namespec split_namespec(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return {.group = std::string(text), .process = std::string(text)};
    }
    const std::string_view process = text.substr(colon + 1);
    const bool is_all = process.empty() || process == "*";
    return {
        .group = std::string(text.substr(0, colon)),
        .process = is_all ? std::nullopt : std::optional<std::string>(process)
    };
}

std::string make_namespec(std::string_view group, std::string_view process) {
    return group == process ? std::string(process) : fmt::format("{}:{}", group, process);
}

std::string text_in(const xmlrpc::Value& value, std::string_view name) {
    const xmlrpc::Value* const found = value.find(name);
    return found == nullptr || found->text() == nullptr ? "" : *found->text();
}

std::int64_t number_in(const xmlrpc::Value& value, std::string_view name) {
    const xmlrpc::Value* const found = value.find(name);
    const auto* const number = found == nullptr ? nullptr : found->as<std::int64_t>();
    return number == nullptr ? 0 : *number;
}

bool flag_in(const xmlrpc::Value& value, std::string_view name) {
    const xmlrpc::Value* const found = value.find(name);
    const auto* const flag = found == nullptr ? nullptr : found->as<bool>();
    return flag != nullptr && *flag;
}

std::vector<std::string> texts_in(const xmlrpc::Value& array) {
    std::vector<std::string> texts;
    if (const auto* const values = array.as<xmlrpc::Array>()) {
        for (const xmlrpc::Value& value : *values) {
            texts.push_back(value.text() == nullptr ? "" : *value.text());
        }
    }
    return texts;
}

std::string status_lines(const xmlrpc::Array& infos) {
    std::vector<std::string> names;
    std::size_t widest = 30;
    for (const xmlrpc::Value& info : infos) {
        names.push_back(make_namespec(text_in(info, "group"), text_in(info, "name")));
        widest = std::max(widest, supervisord::python::length(names.back()));
    }
    std::string lines;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        lines += padded(names[i], widest + 3) + padded(text_in(infos[i], "statename"), 10) +
                 text_in(infos[i], "description") + "\n";
    }
    return lines;
}

std::string avail_line(const xmlrpc::Value& config) {
    return fmt::format(
        "{} {} {} {}:{}",
        padded(make_namespec(text_in(config, "group"), text_in(config, "name")), 32),
        padded(flag_in(config, "inuse") ? "in use" : "avail", 9),
        padded(flag_in(config, "autostart") ? "auto" : "manual", 9),
        number_in(config, "group_prio"),
        number_in(config, "process_prio")
    );
}

std::string change_lines(
    const std::vector<std::string>& added,
    const std::vector<std::string>& changed,
    const std::vector<std::string>& removed
) {
    std::map<std::string, std::string_view> changes;
    for (const std::string& name : added) {
        changes[name] = "available";
    }
    for (const std::string& name : changed) {
        changes[name] = "changed";
    }
    for (const std::string& name : removed) {
        changes[name] = "disappeared";
    }
    if (changes.empty()) {
        return "No config updates to processes\n";
    }
    std::string lines;
    for (const auto& [name, change] : changes) {
        lines += fmt::format("{}: {}\n", name, change);
    }
    return lines;
}

Line start_line(std::string_view name, std::int64_t code) {
    switch (code) {
        case fault::bad_name:
            return error_line(name, "no such process");
        case fault::no_file:
            return error_line(name, "no such file");
        case fault::not_executable:
            return error_line(name, "file is not executable");
        case fault::already_started:
            return error_line(name, "already started");
        case fault::spawn_error:
            return error_line(name, "spawn error");
        case fault::abnormal_termination:
            return error_line(name, "abnormal termination");
        case fault::success:
            return fmt::format("{}: started", name);
        default:
            return std::nullopt;
    }
}

Line clear_line(std::string_view name, std::int64_t code) {
    switch (code) {
        case fault::bad_name:
            return error_line(name, "no such process");
        case fault::failed:
            return error_line(name, "failed");
        case fault::success:
            return fmt::format("{}: cleared", name);
        default:
            return std::nullopt;
    }
}

Line signal_line(
    std::string_view name, std::int64_t code, std::string_view fault, std::string_view success
) {
    switch (code) {
        case fault::bad_name:
            return error_line(name, "no such process");
        case fault::bad_signal:
            return error_line(name, "bad signal name");
        case fault::not_running:
            return error_line(name, "not running");
        case fault::success:
            return fmt::format("{}: {}", name, success);
        case fault::failed:
            return std::string(fault);
        default:
            return std::nullopt;
    }
}

std::optional<int> status_of_fault(std::int64_t code, std::int64_t ignored) {
    if (code == ignored || code == fault::success) {
        return std::nullopt;
    }
    const bool is_dead = code == fault::spawn_error || code == fault::abnormal_termination ||
                         code == fault::not_running;
    return is_dead ? status::not_running : status::generic;
}

}  // namespace elasticbot::cli::ctl
