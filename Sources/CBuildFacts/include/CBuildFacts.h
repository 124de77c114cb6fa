// What is known only when the package is built.
#pragma once

// The commit that is built, as the environment of the build named it in VELOCI_COMMIT; `unknown` otherwise.
const char *build_facts_commit(void);
