// A log file that is written as it comes: put aside when it is full, opened anew by its path, and
// never a reason to stop.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/rotation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

// What cannot be written is lost and counted; that it is so is said once, and once more when
// writing works again. (hardening C5)
class LogFile {
public:
    // A record of the supervisor's log. It must not come back to this file while it is told.
    using Say = std::function<void(log::Level, std::string_view event, std::string_view message)>;

    // The descriptor is non-blocking where the path is a pipe or a device, which are not rotated.
    LogFile(std::string path, Rotation rotation, Say say);

    const std::string& path() const { return path_; }

    void set_rotation(Rotation rotation) { rotation_ = rotation; }

    // At the end of what is there; created where it is missing. Otherwise each write tries it.
    void open();

    void write(std::string_view bytes);

    enum class Splice {
        moved,
        empty,   // Nothing is in the pipe now.
        end,     // Nothing will come any more.
        refused  // Not possible now: read it and write() it.
    };

    struct Spliced {
        Splice outcome = Splice::refused;
        std::size_t bytes = 0;
    };

    // Moves what is in `pipe`, at most `most` bytes, without looking at it.
    Spliced splice_from(int pipe, std::size_t most);

    // What is under that path now, or a new file.
    void reopen();

    // The file is removed and begun anew; its backups stay.
    Result<> clear();

private:
    bool ensure_open();
    void write_part(std::string_view bytes);
    bool append(std::string_view& bytes);
    void look_at_size();
    std::int64_t room() const;
    void rotate();
    int put_aside();
    bool still_has_its_name() const;
    void start_anew();
    void failed(std::string_view what, int error_number);
    void worked();

    std::string path_;
    Rotation rotation_;
    Say say_;
    os::Fd file_;
    bool is_regular_ = false;
    bool may_splice_ = true;
    std::int64_t size_ = 0;      // As known; others may have written to it or emptied it since.
    std::int64_t retry_at_ = 0;  // After a rotation that failed: the size to try again at.
    bool rotation_failed_ = false;
    bool in_trouble_ = false;
    std::uint64_t lost_ = 0;
};

}  // namespace elasticbot::supervise
