#include "CBuildFacts.h"

const char *build_facts_commit(void)
{
    return VELOCI_COMMIT;
}
