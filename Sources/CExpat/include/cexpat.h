#ifndef MSAUTH_CEXPAT_H
#define MSAUTH_CEXPAT_H
/*
 * A small XML document, read by libexpat: the SOAP and WSDL of federation servers.
 *
 * libexpat opens nothing and asks nobody, and a document with a DOCTYPE is refused at it, so that there are no entities
 * but the five of XML itself. It is opened at the first document and never closed: few sign-ins need it, and the library
 * loads where there is none.
 */
#include <stddef.h>

/** Opens libexpat, once for the process. NULL, or the reason why it cannot be used: a sentence that lives for ever. */
const char *cexpat_load(void);

typedef struct cexpat cexpat;

typedef enum {
    CEXPAT_OK,
    CEXPAT_MALFORMED, /* see cexpat_line() */
    CEXPAT_DOCTYPE,   /* it declares a type, and with it perhaps entities */
    CEXPAT_TOO_MUCH,  /* deeper than 64 elements, more than 20,000 of them, or more than 64 attributes on one */
    CEXPAT_NO_MEMORY
} cexpat_result;

typedef struct {
    const char *name;  /* "NAMESPACE LOCAL", or "LOCAL" where it has none */
    const char *value; /* UTF-8 */
} cexpat_attribute;

typedef struct {
    const char *name; /* as an attribute's */
    const char *text; /* all that stands directly in it */
    size_t parent;    /* the number of the element around it; the root's is its own */
    size_t content;   /* what stands between its tags begins at this byte of the document */
    size_t end;       /* and ends before this one */
    size_t first_attribute;
    size_t attribute_count;
} cexpat_element;

/**
 * Reads UTF-8. What stands in elements with the local name `sealed` is checked but not copied: they have their place in
 * the document, and neither text nor children. NULL without memory. Needs cexpat_load() to have succeeded.
 */
cexpat *cexpat_read(const void *document, size_t length, const char *sealed);

cexpat_result cexpat_outcome(const cexpat *read);

/** Where it is malformed. */
unsigned long cexpat_line(const cexpat *read);

/** In the document's order: each after the one around it. None unless the outcome is CEXPAT_OK. */
size_t cexpat_count(const cexpat *read);
cexpat_element cexpat_get(const cexpat *read, size_t number);
cexpat_attribute cexpat_attribute_get(const cexpat *read, size_t number);

/** Wipes what was copied. */
void cexpat_free(cexpat *read);

#endif
