# Every library that we use, as an imported target. All come from Debian packages that deploy/setup.sh installs.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem system)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(CURL REQUIRED)
find_package(LibXml2 REQUIRED)

# Static on purpose: the binary then needs only libraries that it uses always. (docs/decisions/0001)
find_library(PQXX_STATIC NAMES libpqxx.a REQUIRED)
find_library(HIREDIS_STATIC NAMES libhiredis.a REQUIRED)
find_library(BROTLI_ENCODER_STATIC NAMES libbrotlienc.a REQUIRED)
find_library(BROTLI_COMMON_STATIC NAMES libbrotlicommon.a REQUIRED)
find_path(PQ_INCLUDE_DIR NAMES libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)

set(Boost_USE_STATIC_LIBS ON)
find_library(BOOST_FILESYSTEM_STATIC NAMES libboost_filesystem.a REQUIRED)
find_library(BOOST_SYSTEM_STATIC NAMES libboost_system.a REQUIRED)

# Asio, Beast and Process v2 are compiled once, in adapters/os and adapters/net. (toolchain.md 2, 4)
add_library(elasticbot_boost INTERFACE)
target_compile_definitions(elasticbot_boost INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION=1 BOOST_PROCESS_V2_SEPARATE_COMPILATION=1
    BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(elasticbot_boost INTERFACE
    Boost::headers ${BOOST_FILESYSTEM_STATIC} ${BOOST_SYSTEM_STATIC} Threads::Threads)

add_library(elasticbot_text INTERFACE)
target_link_libraries(elasticbot_text INTERFACE fmt::fmt-header-only nlohmann_json::nlohmann_json)
