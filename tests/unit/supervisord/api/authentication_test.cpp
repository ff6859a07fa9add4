// Basic authentication with plain and hashed passwords. (supervisord-compat.md 3 and 11)
#include <elasticbot/base/base64.hpp>

#include <gtest/gtest.h>

#include <string>

#include <supervisord/api/authentication.hpp>

namespace elasticbot::supervisord {

namespace {

std::string basic(std::string_view credentials) {
    return "Basic " + base64::encode(credentials);
}

}  // namespace

TEST(Authentication, AcceptsThatNameAndThatPasswordAlone) {  // 11
    const Secret password("s3cret:with:colons");

    EXPECT_TRUE(is_authorised(basic("demo:s3cret:with:colons"), "demo", password));
    EXPECT_TRUE(is_authorised("basic ZGVtbzpzM2NyZXQ6d2l0aDpjb2xvbnM=", "demo", password));
    EXPECT_FALSE(is_authorised(basic("demo:s3cret"), "demo", password));
    EXPECT_FALSE(is_authorised(basic("demo:s3cret:with:colonsx"), "demo", password));
    EXPECT_FALSE(is_authorised(basic("dem:s3cret:with:colons"), "demo", password));
    EXPECT_FALSE(is_authorised(basic(":"), "demo", password));
}

TEST(Authentication, ComparesTheHashOfWhatWasSent) {  // 3, {SHA}
    // printf thepassword | sha1sum
    const Secret hashed("{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d");
    const Secret upper("{SHA}82AB876D1387BFAFE46CC1C8A2EF074EAE50CB1D");

    EXPECT_TRUE(is_authorised(basic("user:thepassword"), "user", hashed));
    EXPECT_TRUE(is_authorised(basic("user:thepassword"), "user", upper));
    EXPECT_FALSE(is_authorised(basic("user:thepasswore"), "user", hashed));
    EXPECT_FALSE(
        is_authorised(basic("user:{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d"), "user", hashed)
    );
}

TEST(Authentication, RefusesWhatCannotBeRead) {  // 11: 401, where the reference answers 500
    for (const std::string header :
         {"", "Basic", "Basic ", "Basic ***", "Bearer ZGVtbzp4", "Basic ZGVtbw==", "ZGVtbzp4"}) {
        EXPECT_FALSE(is_authorised(header, "demo", Secret("x"))) << header;
    }
}

TEST(Authentication, TakesAnEmptyPasswordOnlyWhereThatIsThePassword) {
    EXPECT_TRUE(is_authorised(basic("demo:"), "demo", Secret("")));
    EXPECT_FALSE(is_authorised(basic("demo:x"), "demo", Secret("")));
    EXPECT_FALSE(is_authorised(basic("demo:"), "demo", Secret("x")));
}

}  // namespace elasticbot::supervisord
