// Exact decimal numbers with a scale: prices, amounts, rates. Never a double.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::market {

// `units` × 10^-scale. Arithmetic is exact; where digits must go (rounded, divide) they go half
// away from zero, as PostgreSQL's numeric does. Overflow of 38 digits is a failed assertion: inputs
// are bounded by parse().
class Decimal {
public:
    __extension__ using Units = __int128;

    constexpr Decimal() = default;

    constexpr Decimal(Units units, int scale) : units_(units), scale_(scale) {}

    // "10.12", "-3", "+0.5", ".5": at most 15 digits before the point and 8 significant ones behind
    // it. nullopt for anything else: no exponent, no blanks, no thousands. Trailing zeros are
    // dropped.
    static std::optional<Decimal> parse(std::string_view text);

    // The nearest decimal of that scale. Not for NaN or infinity (an assertion).
    static Decimal from_double(double value, int scale);

    Units units() const { return units_; }

    int scale() const { return scale_; }

    bool is_zero() const { return units_ == 0; }

    bool is_positive() const { return units_ > 0; }

    Decimal rounded(int scale) const;

    Decimal abs() const { return {units_ < 0 ? -units_ : units_, scale_}; }

    double to_double() const;
    // All digits of the scale: Decimal(100820, 4) is "10.0820".
    std::string to_string() const;

    Decimal operator-() const { return {-units_, scale_}; }

    friend Decimal operator+(const Decimal& left, const Decimal& right);
    friend Decimal operator-(const Decimal& left, const Decimal& right);
    friend Decimal operator*(const Decimal& left, const Decimal& right);
    // By value: 1.50 equals 1.5.
    friend std::strong_ordering operator<=>(const Decimal& left, const Decimal& right);
    friend bool operator==(const Decimal& left, const Decimal& right);

    Decimal& operator+=(const Decimal& other) { return *this = *this + other; }

private:
    Units units_ = 0;
    int scale_ = 0;
};

// numerator / denominator to `scale` digits. A zero denominator is a failed assertion.
Decimal divide(const Decimal& numerator, const Decimal& denominator, int scale);

}  // namespace elasticbot::market
