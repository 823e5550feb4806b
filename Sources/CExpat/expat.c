#include "cexpat.h"

#include <dlfcn.h>
#include <expat.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The functions of libexpat that are used, each with the type that its header gives it. */
#define FUNCTIONS(X)                                                                                                  \
    X(XML_ParserCreateNS)                                                                                             \
    X(XML_ParserFree)                                                                                                 \
    X(XML_SetUserData)                                                                                                \
    X(XML_SetElementHandler)                                                                                          \
    X(XML_SetCharacterDataHandler)                                                                                    \
    X(XML_SetStartDoctypeDeclHandler)                                                                                 \
    X(XML_StopParser)                                                                                                 \
    X(XML_Parse)                                                                                                      \
    X(XML_GetErrorCode)                                                                                               \
    X(XML_GetCurrentByteIndex)                                                                                        \
    X(XML_GetCurrentByteCount)                                                                                        \
    X(XML_GetCurrentLineNumber)

static struct {
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
} api;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *load_failure;

static void load(void) {
    void *library = dlopen("libexpat.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        load_failure = "libexpat.so.1 is not installed";
        return;
    }
#define LOOK_UP(name)                                                                                                 \
    if (!(api.name = (__typeof__(name) *)dlsym(library, #name))) {                                                    \
        load_failure = "libexpat.so.1 lacks " #name;                                                                  \
        return;                                                                                                       \
    }
    FUNCTIONS(LOOK_UP)
}

const char *cexpat_load(void) {
    pthread_once(&once, load);
    return load_failure;
}

/* ---- What was read ----------------------------------------------------------------------------- */

enum { DEEPEST = 64, MOST_ELEMENTS = 20000, MOST_ATTRIBUTES = 64 };

/* Between a name's namespace and its local part: a space stands in neither. */
static const XML_Char SEPARATOR = ' ';

struct element {
    char *name;
    char *text;
    size_t text_length;
    size_t text_room;
    size_t parent;
    size_t content;
    size_t end;
    size_t first_attribute;
    size_t attribute_count;
};

struct attribute {
    char *name;
    char *value;
};

struct cexpat {
    XML_Parser parser;
    const char *sealed;
    cexpat_result outcome;
    unsigned long line;
    struct element *elements;
    size_t count;
    size_t room;
    struct attribute *attributes;
    size_t attribute_count;
    size_t attribute_room;
    size_t current;     /* the element that is open */
    size_t depth;       /* how many are */
    size_t sealed_from; /* the depth of the one that is sealed; 0: none is open */
};

static void stop(cexpat *read, cexpat_result outcome) {
    if (read->outcome == CEXPAT_OK) read->outcome = outcome;
    api.XML_StopParser(read->parser, XML_FALSE);
}

static void wipe_string(char *text, size_t length) {
    if (!text) return;
    explicit_bzero(text, length);
    free(text);
}

/* Room for one more; the old memory holds only addresses. */
static int grow(void **array, size_t count, size_t *room, size_t size) {
    if (count < *room) return 1;
    size_t more = *room ? *room * 2 : 64;
    void *larger = reallocarray(*array, more, size);
    if (!larger) return 0;
    *array = larger;
    *room = more;
    return 1;
}

static int add_attributes(cexpat *read, struct element *element, const XML_Char **attributes) {
    element->first_attribute = read->attribute_count;
    for (size_t i = 0; attributes[i]; i += 2) {
        if (element->attribute_count == MOST_ATTRIBUTES) return stop(read, CEXPAT_TOO_MUCH), 0;
        if (!grow((void **)&read->attributes, read->attribute_count, &read->attribute_room,
                  sizeof *read->attributes))
            return stop(read, CEXPAT_NO_MEMORY), 0;
        struct attribute *attribute = &read->attributes[read->attribute_count];
        attribute->name = strdup(attributes[i]);
        attribute->value = strdup(attributes[i + 1]);
        read->attribute_count++;
        element->attribute_count++;
        if (!attribute->name || !attribute->value) return stop(read, CEXPAT_NO_MEMORY), 0;
    }
    return 1;
}

static const char *local_part(const char *name) {
    const char *space = strrchr(name, SEPARATOR);
    return space ? space + 1 : name;
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes) {
    cexpat *read = context;
    if (read->outcome != CEXPAT_OK) return;
    if (++read->depth > DEEPEST) return stop(read, CEXPAT_TOO_MUCH);
    if (read->sealed_from) return;
    if (read->count == MOST_ELEMENTS) return stop(read, CEXPAT_TOO_MUCH);
    if (!grow((void **)&read->elements, read->count, &read->room, sizeof *read->elements))
        return stop(read, CEXPAT_NO_MEMORY);
    struct element *element = &read->elements[read->count];
    *element = (struct element){.name = strdup(name), .parent = read->count ? read->current : 0};
    read->current = read->count++;
    if (!element->name) return stop(read, CEXPAT_NO_MEMORY);
    element->content = (size_t)api.XML_GetCurrentByteIndex(read->parser)
        + (size_t)api.XML_GetCurrentByteCount(read->parser);
    if (!add_attributes(read, element, attributes)) return;
    if (strcmp(local_part(name), read->sealed) == 0) read->sealed_from = read->depth;
}

static void on_end(void *context, const XML_Char *name) {
    (void)name;
    cexpat *read = context;
    if (read->outcome != CEXPAT_OK) return;
    size_t depth = read->depth--;
    if (read->sealed_from && depth > read->sealed_from) return;
    read->sealed_from = 0;
    struct element *element = &read->elements[read->current];
    /* That of the end tag; an element that is one tag ends where its content would begin. */
    size_t end = (size_t)api.XML_GetCurrentByteIndex(read->parser);
    element->end = end < element->content ? element->content : end;
    read->current = element->parent;
}

static void on_text(void *context, const XML_Char *text, int length) {
    cexpat *read = context;
    if (read->outcome != CEXPAT_OK || read->sealed_from || !read->depth || length <= 0) return;
    struct element *element = &read->elements[read->current];
    size_t needed = element->text_length + (size_t)length + 1;
    if (needed > element->text_room) {
        size_t room = needed * 2;
        char *larger = malloc(room);
        if (!larger) return stop(read, CEXPAT_NO_MEMORY);
        if (element->text) memcpy(larger, element->text, element->text_length);
        wipe_string(element->text, element->text_room);
        element->text = larger;
        element->text_room = room;
    }
    memcpy(element->text + element->text_length, text, (size_t)length);
    element->text_length += (size_t)length;
    element->text[element->text_length] = 0;
}

static void on_doctype(
    void *context, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int has_subset) {
    (void)name, (void)system_id, (void)public_id, (void)has_subset;
    stop(context, CEXPAT_DOCTYPE);
}

cexpat *cexpat_read(const void *document, size_t length, const char *sealed) {
    cexpat *read = calloc(1, sizeof *read);
    if (!read) return NULL;
    read->sealed = sealed;
    /* Whatever the document says of its encoding: what cannot be UTF-8 is malformed. */
    read->parser = api.XML_ParserCreateNS("UTF-8", SEPARATOR);
    if (!read->parser) {
        free(read);
        return NULL;
    }
    api.XML_SetUserData(read->parser, read);
    api.XML_SetElementHandler(read->parser, on_start, on_end);
    api.XML_SetCharacterDataHandler(read->parser, on_text);
    api.XML_SetStartDoctypeDeclHandler(read->parser, on_doctype);
    /* UTF-16 is found by libexpat all the same; it is full of zeros, and UTF-8 that is XML has none. */
    int is_read = length <= 1 << 24 && (!length || !memchr(document, 0, length))
        && api.XML_Parse(read->parser, document, (int)length, 1) == XML_STATUS_OK;
    if (!is_read && read->outcome == CEXPAT_OK) {
        int is_memory = api.XML_GetErrorCode(read->parser) == XML_ERROR_NO_MEMORY;
        read->outcome = is_memory ? CEXPAT_NO_MEMORY : CEXPAT_MALFORMED;
        read->line = (unsigned long)api.XML_GetCurrentLineNumber(read->parser);
    }
    api.XML_ParserFree(read->parser);
    read->parser = NULL;
    return read;
}

cexpat_result cexpat_outcome(const cexpat *read) { return read->outcome; }

unsigned long cexpat_line(const cexpat *read) { return read->line; }

size_t cexpat_count(const cexpat *read) { return read->outcome == CEXPAT_OK ? read->count : 0; }

cexpat_element cexpat_get(const cexpat *read, size_t number) {
    const struct element *element = &read->elements[number];
    return (cexpat_element){
        .name = element->name,
        .text = element->text ? element->text : "",
        .parent = element->parent,
        .content = element->content,
        .end = element->end,
        .first_attribute = element->first_attribute,
        .attribute_count = element->attribute_count,
    };
}

cexpat_attribute cexpat_attribute_get(const cexpat *read, size_t number) {
    return (cexpat_attribute){read->attributes[number].name, read->attributes[number].value};
}

void cexpat_free(cexpat *read) {
    if (!read) return;
    for (size_t i = 0; i < read->count; i++) {
        wipe_string(read->elements[i].text, read->elements[i].text_room);
        free(read->elements[i].name);
    }
    for (size_t i = 0; i < read->attribute_count; i++) {
        free(read->attributes[i].name);
        free(read->attributes[i].value);
    }
    free(read->elements);
    free(read->attributes);
    free(read);
}
