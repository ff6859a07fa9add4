#include "launcher.hpp"

#include "environment.hpp"

#include <elasticbot/adapters/os/executable.hpp>
#include <elasticbot/adapters/os/identity.hpp>

#include <fmt/format.h>

#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

using supervisor::Program;

namespace {

// The sockets that a program inherits, in its order.
Result<> hand_over_sockets(
    const Program& program, const Listening& listening, os::SpawnRequest& request
) {
    for (const auto& name : program.sockets) {
        const auto socket = listening.descriptors.find(name);
        if (socket == listening.descriptors.end()) {
            return Error{
                Errc::not_found,
                fmt::format("cannot hand over the socket {}: it is not configured", name)
            };
        }
        request.listening.push_back(socket->second.get());
        request.listening_names.push_back(name);
    }
    return {};
}

}  // namespace

Launcher::Launcher(
    boost::asio::any_io_executor executor,
    os::Reaper& reaper,
    ProgramOutput& output,
    const Surroundings& surroundings
)
    : executor_(std::move(executor)),
      reaper_(reaper),
      output_(output),
      surroundings_(surroundings) {}

Result<std::unique_ptr<Process>> Launcher::start(
    const Program& program, Generation generation, os::Reaper::OnExit on_exit
) {
    if (!program.defect.empty()) {
        return Error{Errc::invalid, program.defect};
    }
    os::SpawnRequest request;
    if (surroundings_.extension != nullptr) {
        auto given_input = surroundings_.extension->before_start(program);
        if (!given_input) {
            return given_input.error();
        }
        request.standard_input = given_input->value_or(-1);
    }
    Connection connection{
        .notify_socket = surroundings_.notify_socket,
        .control_socket = surroundings_.control_socket,
        .user = {},
        .home = {}
    };
    if (!program.user.empty()) {
        auto identity = os::find_identity(program.user);
        if (!identity) {
            return identity.error();
        }
        connection.user = identity->name;
        connection.home = identity->home;
        // Who is that user already keeps its groups: only root could set them.
        if (::geteuid() == 0 || identity->uid != ::geteuid()) {
            request.identity = *std::move(identity);
        }
    }
    const auto environment = program_environment(program, surroundings_.environment, connection);
    auto executable = os::find_executable(
        program.command.empty() ? "" : program.command.front(), environment.at("PATH")
    );
    if (!executable) {
        return executable.error();
    }
    auto output = os::make_pipe();
    auto errors = os::make_pipe();
    if (!output || !errors) {
        return !output ? output.error() : errors.error();
    }
    request.executable = *std::move(executable);
    request.arguments = program.command;
    request.environment = to_entries(environment);
    request.directory = program.directory;
    request.umask = program.umask;
    request.new_session = program.new_session;
    request.limits = {surroundings_.descriptor_limit};
    request.standard_output = output->write_end.get();
    request.standard_error =
        program.join_outputs ? output->write_end.get() : errors->write_end.get();
    if (auto handed = hand_over_sockets(program, surroundings_.listening, request); !handed) {
        return handed.error();
    }
    os::Pipe input;
    if (program.input_pipe && request.standard_input < 0) {
        auto pipe = os::make_pipe();
        if (!pipe) {
            return pipe.error();
        }
        input = *std::move(pipe);
        request.standard_input = input.read_end.get();
    }
    auto spawned = os::spawn(executor_, reaper_, request, std::move(on_exit));
    if (!spawned) {
        return spawned.error();
    }
    auto process = std::make_unique<Process>();
    process->program = program.name;
    process->generation = generation;
    process->pid = spawned->pid;
    process->pidfd = std::move(spawned->pidfd);
    process->looked_at = now();
    if (input.write_end) {
        process->input = std::make_shared<InputWriter>(executor_, std::move(input.write_end));
    }
    process->standard_output = output_.read(
        program,
        Channel::standard_output,
        std::move(output->read_end),
        process->tail,
        filter(program, Channel::standard_output, process->pid)
    );
    if (!program.join_outputs) {
        process->standard_error = output_.read(
            program,
            Channel::standard_error,
            std::move(errors->read_end),
            process->tail,
            filter(program, Channel::standard_error, process->pid)
        );
    }
    return process;
}

std::unique_ptr<OutputFilter> Launcher::filter(const Program& program, Channel channel, Pid pid)
    const {
    return surroundings_.extension == nullptr
               ? nullptr
               : surroundings_.extension->filter(program, channel, pid);
}

ProbeContext Launcher::probe_context(const Program& program) const {
    const Connection connection{
        .notify_socket = surroundings_.notify_socket,
        .control_socket = surroundings_.control_socket,
        .user = {},
        .home = {}
    };
    return {
        .executor = executor_,
        .reaper = &reaper_,
        .environment =
            to_entries(program_environment(program, surroundings_.environment, connection)),
        .directory = program.directory
    };
}

}  // namespace elasticbot::supervise
