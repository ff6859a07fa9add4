// The table of all assets, embedded at compile time.
#include <elasticbot/web/assets/assets.hpp>

#include <array>
#include <cstddef>

namespace elasticbot::assets {

namespace {

// The files are also listed in CMakeLists.txt, so that a changed one is compiled again.
constexpr char icon_svg[] = {
#embed "files/icon.svg"
};
constexpr char page_css[] = {
#embed "files/page.css"
};

template <std::size_t N>
constexpr std::string_view bytes(const char (&content)[N]) {
    return {content, N};
}

constexpr std::array all{
    Asset{"icon.svg", bytes(icon_svg)},
    Asset{"page.css", bytes(page_css)},
};

}  // namespace

std::span<const Asset> all_assets() {
    return all;
}

}  // namespace elasticbot::assets
