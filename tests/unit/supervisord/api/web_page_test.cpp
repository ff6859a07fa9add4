// The web page: what it shows, and that nothing shown becomes markup. (supervisord-compat.md 11)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <supervisord/api/web_page.hpp>

namespace elasticbot::supervisord {

using testing::HasSubstr;
using testing::Not;

TEST(WebPage, ShowsEachProcessWithTheActionsThatItsStateAllows) {
    const std::string page = status_page(
        {{"up", ProcessState::running, "pid 7, uptime 0:00:01"},
         {"g:down", ProcessState::stopped, "Not started"}},
        "supervisor",
        "4.2.5",
        "",
        "t0ken"
    );

    EXPECT_THAT(page, HasSubstr("pid 7, uptime 0:00:01"));
    EXPECT_THAT(page, HasSubstr("<td class=\"RUNNING\">RUNNING</td>"));
    EXPECT_THAT(page, HasSubstr("tail.html?processname=g%3Adown"));
    EXPECT_THAT(page, HasSubstr("value=\"stop\""));
    EXPECT_THAT(page, HasSubstr("value=\"start\""));
    EXPECT_THAT(page, HasSubstr("value=\"t0ken\""));
    EXPECT_THAT(page, Not(HasSubstr("action=start")));  // Buttons post; nothing acts by a link.
}

TEST(WebPage, ShowsWhatItIsGivenAsText) {  // hardening F6
    const std::string evil = "<script>alert('1' & \"2\")</script>";
    for (const std::string& page :
         {status_page({{evil, ProcessState::fatal, evil}}, evil, "v", evil, evil),
          tail_page(evil, evil + "\xff")}) {
        EXPECT_THAT(page, Not(HasSubstr("<script>")));
        EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)"));
    }
}

TEST(WebPage, SaysThatThereIsNothing) {
    EXPECT_THAT(
        status_page({}, "supervisor", "4.2.5", "Page refreshed at noon", ""),
        testing::AllOf(HasSubstr("No programs to manage"), HasSubstr("Page refreshed at noon"))
    );
}

}  // namespace elasticbot::supervisord
