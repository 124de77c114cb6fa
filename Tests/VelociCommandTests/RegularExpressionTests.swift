import Glibc
import Testing

@testable import VelociCommand

/// The C library knows the same language.
@Suite struct RegularExpressionTests {
    static let texts = [
        "", "a", "ab", "abc", "aab", "abab", "b", "ba", "web-1", "web-12", "web_1", "db.example", "x[1]", "a+b", "A9", "  ", "a\\b", "-", "]", "é",
    ]

    static let expressions = [
        "a", "^a", "a$", "^a$", "^$", "a*", "a+b", "a?b", "^(ab)*$", "^(a|b)+$", "a|b|c", "web-[0-9]+$", "^web[-_][0-9]$", "[^a-z]", "[]]",
        "[^]]", "[a-]", "[[:digit:]]", "^[[:alpha:]_-]+$", "[[:upper:]][[:digit:]]", "a{2}", "a{2}b", "^a{1,2}b$", "(ab){2,}", "(ab){0,1}c", "a.c",
        "\\.", "x\\[1\\]", "a\\+b", "()", "(a*)*b", "((a|ab)(c|bcd)*)", "^.{3}$", "[[:space:]]", "[[:punct:]]", "(^a)|(b$)", "a**",
    ]

    static func isFoundByTheLibrary(_ expression: String, _ text: String) -> Bool? {
        var compiled = regex_t()
        if regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0 { return nil }
        defer { regfree(&compiled) }
        return regexec(&compiled, text, 0, nil, 0) == 0
    }

    @Test(arguments: expressions) func findsWhatTheLibraryFinds(_ expression: String) throws {
        let compiled = try RegularExpression(expression)
        for text in Self.texts {
            #expect(compiled.isFound(in: text) == Self.isFoundByTheLibrary(expression, text), "\(expression) in \"\(text)\"")
        }
    }

    @Test(arguments: ["(", ")", "a)", "(a", "[", "[a", "*", "a{", "a{2", "a{3,2}", "a{256}", "[b-a]", "[[:no:]]", "\\", "a|*"])
    func refusesWhatTheLibraryRefuses(_ expression: String) {
        #expect(throws: RegularExpression.Problem.self) { try RegularExpression(expression) }
        // What glibc takes and POSIX leaves open, or forbids.
        if !["*", "a|*", ")", "a)", "a{256}"].contains(expression) { #expect(Self.isFoundByTheLibrary(expression, "a") == nil) }
    }

    @Test func isNeverSlow() throws {
        let text = String(repeating: "a", count: 2_000)
        #expect(try !RegularExpression("^(a?){200}(a*)*b$").isFound(in: text))
        #expect(throws: RegularExpression.Problem.self) { try RegularExpression("((((){255}){255}){255}){255}") }
        #expect(throws: RegularExpression.Problem.self) { try RegularExpression("((a{255}){255}){255}") }
        #expect(throws: RegularExpression.Problem.self) { try RegularExpression(String(repeating: "(", count: 10_000)) }
    }
}
