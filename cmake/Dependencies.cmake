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
find_library(EXPAT_STATIC NAMES libexpat.a REQUIRED)
find_library(BROTLI_ENCODER_STATIC NAMES libbrotlienc.a REQUIRED)
find_library(BROTLI_COMMON_STATIC NAMES libbrotlicommon.a REQUIRED)
find_path(PQ_INCLUDE_DIR NAMES libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_library(PQ_SHARED NAMES libpq.so REQUIRED)
find_library(CURL_SHARED NAMES libcurl.so REQUIRED)
find_library(XML2_SHARED NAMES libxml2.so REQUIRED)
find_library(CRYPTO_SHARED NAMES libcrypto.so REQUIRED)
find_library(DATE_TZ_SHARED NAMES libdate-tz.so REQUIRED)

# Linked in place of these libraries, which are then loaded at the first call of one of their functions.
include(LazyLibrary)
elasticbot_lazy_library(pq LIBRARY "${PQ_SHARED}" PACKAGE libpq5 FUNCTIONS "^(PQ|pq|pg_|lo_)" INCLUDES "${PQ_INCLUDE_DIR}")
elasticbot_lazy_library(curl LIBRARY "${CURL_SHARED}" PACKAGE libcurl4 FUNCTIONS "^curl_" INCLUDES ${CURL_INCLUDE_DIRS})
elasticbot_lazy_library(xml2
    LIBRARY "${XML2_SHARED}" PACKAGE libxml2 FUNCTIONS "^(xml|html)" INCLUDES ${LIBXML2_INCLUDE_DIRS}
    VARIABLES xmlFree)
elasticbot_lazy_library(crypto
    LIBRARY "${CRYPTO_SHARED}" PACKAGE libssl3 FUNCTIONS "^(EVP|RAND)_" INCLUDES "${OPENSSL_INCLUDE_DIR}")
# Mangled names of the functions in namespace `date`. The library links a shared libstdc++, beside our static one.
elasticbot_lazy_library(date_tz LIBRARY "${DATE_TZ_SHARED}" PACKAGE libdate-tz3 FUNCTIONS "^_ZNK?4date")
target_link_libraries(elasticbot_lazy_date_tz PUBLIC date::date)
target_compile_definitions(elasticbot_lazy_date_tz PUBLIC USE_OS_TZDB=1)
# libpqxx, static, over the late libpq.
add_library(elasticbot_pqxx INTERFACE)
target_link_libraries(elasticbot_pqxx INTERFACE "${PQXX_STATIC}" elasticbot_lazy_pq)

# XML-RPC is read in the supervisor, which is to load no library for it. (docs/decisions/0006)
add_library(elasticbot_expat INTERFACE)
target_link_libraries(elasticbot_expat INTERFACE "${EXPAT_STATIC}")

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

# Not the target of its package, which links the shared libfmt. `base` alone uses it.
get_target_property(spdlog_include_dir spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
add_library(elasticbot_spdlog INTERFACE)
target_include_directories(elasticbot_spdlog SYSTEM INTERFACE "${spdlog_include_dir}")
target_compile_definitions(elasticbot_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(elasticbot_spdlog INTERFACE fmt::fmt-header-only Threads::Threads)

add_library(elasticbot_text INTERFACE)
target_link_libraries(elasticbot_text INTERFACE fmt::fmt-header-only nlohmann_json::nlohmann_json)
