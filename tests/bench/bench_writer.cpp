// A program that talks as fast as it can, for the measurements of log throughput.
//
//   bench_writer BYTES line|block DONE   writes so many bytes in lines of 100, one a write or 64
//   KiB
//                                        a write, creates the file DONE, and sleeps until it is
//                                        told to end
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr std::size_t block_size = 65536;

std::string line() {
    std::string text = "2026-01-02 10:00:00 request served in 12 ms ";
    text.resize(99, 'x');
    return text + '\n';
}

bool write_all(const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t length = write(STDOUT_FILENO, text.data() + written, text.size() - written);
        if (length < 0) {
            return false;
        }
        written += static_cast<std::size_t>(length);
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: bench_writer BYTES line|block DONE\n", stderr);
        return 2;
    }
    const std::string one = line();
    std::string piece = one;
    if (std::strcmp(argv[2], "block") == 0) {
        while (piece.size() + one.size() <= block_size) {
            piece += one;
        }
    }
    for (long long left = std::atoll(argv[1]); left > 0;
         left -= static_cast<long long>(piece.size())) {
        if (!write_all(piece)) {
            std::perror("cannot write");
            return 1;
        }
    }
    close(open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    while (true) {
        pause();
    }
}
