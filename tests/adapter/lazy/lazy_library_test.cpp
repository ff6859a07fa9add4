// The libraries that are loaded late: each test runs in a process of its own, since loading cannot
// be undone.
#include <elasticbot/base/lazy_library.hpp>
#include <elasticbot/lazy/curl.hpp>
#include <elasticbot/lazy/pq.hpp>
#include <elasticbot/lazy/xml2.hpp>

#include <curl/curl.h>
#include <curl/mprintf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/HTMLparser.h>
#include <pqxx/pqxx>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <libpq-fe.h>

namespace elasticbot {

static bool is_mapped(std::string_view library) {
    std::ifstream maps("/proc/self/maps");
    const std::string text(std::istreambuf_iterator<char>(maps), {});
    return text.contains(library);
}

class LazyLibraries : public testing::Test {
protected:
    LazyLibraries() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static void in_fresh_process(void (*body)()) {
        EXPECT_EXIT(
            {
                body();
                std::_Exit(HasFailure() ? 1 : 0);
            },
            testing::ExitedWithCode(0),
            ""
        );
    }
};

TEST_F(LazyLibraries, AreNotThereBeforeTheyAreNeeded) {
    in_fresh_process([] {
        EXPECT_FALSE(is_mapped("libpq"));
        EXPECT_FALSE(is_mapped("libcurl"));
        EXPECT_FALSE(is_mapped("libxml2"));
    });
}

TEST_F(LazyLibraries, AreLoadedOnRequest) {
    in_fresh_process([] {
        EXPECT_TRUE(lazy::load_curl());
        EXPECT_TRUE(lazy::load_curl());
        EXPECT_TRUE(is_mapped("libcurl"));
        EXPECT_FALSE(is_mapped("libpq"));
    });
}

TEST_F(LazyLibraries, LoadPqAtTheFirstCallOfPqxx) {
    in_fresh_process([] {
        std::string message;
        try {
            pqxx::connection("host=/nonexistent dbname=none connect_timeout=1");
        } catch (const pqxx::broken_connection& error) {
            message = error.what();
        }
        EXPECT_THAT(message, testing::HasSubstr("/nonexistent/.s.PGSQL.5432"));
        EXPECT_TRUE(is_mapped("libpq"));
    });
}

TEST_F(LazyLibraries, PassEveryArgumentOfAVariadicFunction) {
    in_fresh_process([] {
        CURL* curl = curl_easy_init();
        std::string received;
        const auto receive = +[](char* bytes, std::size_t size, std::size_t count, void* to) {
            static_cast<std::string*>(to)->append(bytes, size * count);
            return size * count;
        };
        EXPECT_EQ(curl_easy_setopt(curl, CURLOPT_URL, "file:///proc/self/comm"), CURLE_OK);
        EXPECT_EQ(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive), CURLE_OK);
        EXPECT_EQ(curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received), CURLE_OK);
        EXPECT_EQ(curl_easy_perform(curl), CURLE_OK);
        EXPECT_THAT(received, testing::EndsWith("\n"));
        double seconds = -1;
        EXPECT_EQ(curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &seconds), CURLE_OK);
        EXPECT_GE(seconds, 0);
        curl_easy_cleanup(curl);
    });
}

TEST_F(LazyLibraries, PassFloatsAtTheVeryFirstCall) {
    in_fresh_process([] {
        std::array<char, 64> text{};
        curl_msnprintf(
            text.data(), text.size(), "%d %d %d %d %.1f %.1f %.1f", 1, 2, 3, 4, 0.5, 1.5, 2.5
        );
        EXPECT_STREQ(text.data(), "1 2 3 4 0.5 1.5 2.5");
        EXPECT_TRUE(is_mapped("libcurl"));
    });
}

TEST_F(LazyLibraries, KnowTheVariablesOfXml2) {
    in_fresh_process([] {
        const std::string page = "<p>Tipo de cambio <b>6.96";
        const auto size = static_cast<int>(page.size());
        htmlDocPtr document = htmlReadMemory(page.data(), size, "", nullptr, HTML_PARSE_NOERROR);
        ASSERT_NE(document, nullptr);
        xmlChar* content = xmlNodeGetContent(xmlDocGetRootElement(document));
        EXPECT_STREQ(reinterpret_cast<const char*>(content), "Tipo de cambio 6.96");
        xmlFree(content);
        xmlFreeDoc(document);
        EXPECT_TRUE(is_mapped("libxml2"));
    });
}

TEST_F(LazyLibraries, MayBeCalledFirstByManyThreads) {
    in_fresh_process([] {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([] { EXPECT_GT(PQlibVersion(), 150'000); });
        }
        threads.clear();
    });
}

TEST(LazyLibrary, SaysWhichLibraryIsMissing) {
    LazyLibrary missing("libnowhere.so.1", "libnowhere1", nullptr, nullptr);

    const auto loaded = missing.load();

    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::not_found);
    EXPECT_THAT(loaded.error().message, testing::StartsWith("cannot load libnowhere.so.1: "));
    EXPECT_THAT(loaded.error().message, testing::EndsWith("(Debian package libnowhere1)"));
}

TEST(LazyLibrary, SaysWhichFunctionIsMissing) {
    std::array symbols{LazySymbol{"PQlibVersion", nullptr, 0}, LazySymbol{"PQnothing", nullptr, 0}};
    LazyLibrary old("libpq.so.5", "libpq5", symbols.begin(), symbols.end());

    const auto loaded = old.load();

    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("lacks PQnothing"));
    EXPECT_EQ(symbols[0].target, nullptr);
}

TEST(LazyLibrary, EndsTheProcessWhereNoErrorCanBeReturned) {
    LazyLibrary missing("libnowhere.so.1", "libnowhere1", nullptr, nullptr);

    EXPECT_EXIT(missing.load_or_exit(), testing::ExitedWithCode(69), "cannot load libnowhere");
}

}  // namespace elasticbot
