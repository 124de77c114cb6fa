#ifdef VELOCI_STANDALONE
#include <math.h>

// Rounding to whole numbers, which the first processors of the architecture have no instruction for.

double trunc(double number)
{
    // From 2^52 on all numbers are whole; what is none of them compares false.
    if (!(__builtin_fabs(number) < 0x1p52)) return number;
    return __builtin_copysign((double)(long long)number, number);
}

double floor(double number)
{
    double whole = trunc(number);
    return whole > number ? whole - 1 : whole;
}

double ceil(double number)
{
    double whole = trunc(number);
    return whole < number ? __builtin_copysign(whole + 1, number) : whole;
}

// Halves away from zero.
double round(double number)
{
    double whole = trunc(number);
    return __builtin_fabs(number - whole) >= 0.5 ? whole + __builtin_copysign(1, number) : whole;
}
#endif
