#include <stdio.h>
#include <string.h>

#include "private.h"

#define ALIAS_PATH "/org/freedesktop/secrets/aliases/default"
#define COLLECTION_INTERFACE "org.freedesktop.Secret.Collection"
#define ITEM_INTERFACE "org.freedesktop.Secret.Item"
#define SCHEMA "org.msauth.Connection"

/* MARK: - Properties */

/* Each costs one round trip; libsecret's objects for collections and items load everything they have, in five. */

/* Takes the arguments over. */
static csecret_result ask(
    csecret_call *call, const char *path, const char *interface, const char *method, GVariant *arguments,
    const char *type, GVariant **reply) {
    csecret_result result;
    *reply = NULL;
    ASK(call, result,
        api.g_dbus_connection_call(
            call->keyring->connection, SERVICE_NAME, path, interface, method, arguments, TYPE(type),
            G_DBUS_CALL_FLAGS_NONE, -1, call->cancellable, csecret_answered, answer),
        *reply = api.g_dbus_connection_call_finish(call->keyring->connection, answer->result, &error));
    return result;
}

/* The value must be of the type, or the daemon is none. */
static csecret_result get_property(
    csecret_call *call, const char *path, const char *interface, const char *property, const char *type,
    GVariant **value) {
    GVariant *reply, *arguments = api.g_variant_new("(ss)", interface, property);
    csecret_result result = ask(call, path, "org.freedesktop.DBus.Properties", "Get", arguments, "(v)", &reply);
    if (result != CSECRET_OK) return result;
    api.g_variant_get(reply, "(v)", value);
    api.g_variant_unref(reply);
    if (api.g_variant_is_of_type(*value, TYPE(type))) return CSECRET_OK;
    api.g_variant_unref(*value);
    snprintf(call->detail, sizeof call->detail, "its property %s has another type", property);
    return CSECRET_FAILED;
}

/* Takes the value over. */
static csecret_result set_property(csecret_call *call, const char *path, const char *property, GVariant *value) {
    GVariant *reply, *arguments = api.g_variant_new("(ssv)", ITEM_INTERFACE, property, value);
    csecret_result result = ask(call, path, "org.freedesktop.DBus.Properties", "Set", arguments, "()", &reply);
    if (result == CSECRET_OK) api.g_variant_unref(reply);
    return result;
}

/* MARK: - The default collection */

/* Where the default collection is; nowhere, if the path is NULL. */
static csecret_result read_alias(csecret_call *call, char **path) {
    SecretService *service = call->keyring->service;
    csecret_result result;
    *path = NULL;
    ASK(call, result,
        api.secret_service_read_alias_dbus_path(service, "default", call->cancellable, csecret_answered, answer),
        *path = api.secret_service_read_alias_dbus_path_finish(service, answer->result, &error));
    return result;
}

static csecret_result get_locked(csecret_call *call, const char *path, csecret_collection *state) {
    GVariant *locked = NULL;
    csecret_result result = get_property(call, path, COLLECTION_INTERFACE, "Locked", "b", &locked);
    if (result != CSECRET_OK) return result;
    gboolean is_locked = 1;
    api.g_variant_get(locked, "b", &is_locked);
    api.g_variant_unref(locked);
    *state = is_locked ? CSECRET_CLOSED : CSECRET_OPEN;
    return CSECRET_OK;
}

csecret_result csecret_default_collection(csecret_call *call, csecret_collection *state) {
    *state = CSECRET_ABSENT;
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    /* Most daemons have the collection at its alias too, which saves asking where it is. */
    result = get_locked(call, ALIAS_PATH, state);
    if (result == CSECRET_OK || call->given_up) return result;
    char *path = NULL;
    result = read_alias(call, &path);
    if (path) result = get_locked(call, path, state);
    api.g_free(path);
    /* The alias may name a collection that nobody has made yet. */
    return result == CSECRET_VANISHED ? CSECRET_OK : result;
}

static void free_variant(gpointer variant) { api.g_variant_unref(variant); }

static GHashTable *new_table(void) {
    return api.g_hash_table_new_full(api.g_str_hash, api.g_str_equal, NULL, free_variant);
}

/* Takes the value over. */
static void put(GHashTable *table, const char *key, GVariant *value) {
    api.g_hash_table_insert(table, (gpointer)key, api.g_variant_ref_sink(value));
}

csecret_result csecret_create_collection(csecret_call *call, const char *label) {
    SecretService *service = call->keyring->service;
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    GHashTable *properties = new_table();
    put(properties, COLLECTION_INTERFACE ".Label", api.g_variant_new("s", label));
    char *path = NULL;
    ASK(call, result,
        api.secret_service_create_collection_dbus_path(
            service, properties, "default", SECRET_COLLECTION_CREATE_NONE, call->cancellable, csecret_answered, answer),
        path = api.secret_service_create_collection_dbus_path_finish(service, answer->result, &error));
    api.g_hash_table_unref(properties);
    if (result == CSECRET_OK && !path) result = csecret_failed(call, NULL);
    api.g_free(path);
    return result;
}

csecret_result csecret_unlock(csecret_call *call) {
    SecretService *service = call->keyring->service;
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    char *collection = NULL;
    result = read_alias(call, &collection);
    if (result != CSECRET_OK) return result;
    size_t items = csecret_found_locked(call), count = 0;
    const char **paths = api.g_malloc0((items + 2) * sizeof *paths);
    if (collection) paths[count++] = collection;
    for (size_t index = 0; index < items; index++) paths[count++] = call->locked[index];
    int unlocked = 0;
    ASK(call, result,
        api.secret_service_unlock_dbus_paths(service, paths, call->cancellable, csecret_answered, answer),
        unlocked = api.secret_service_unlock_dbus_paths_finish(service, answer->result, NULL, &error));
    api.g_free(paths);
    api.g_free(collection);
    return result == CSECRET_OK && unlocked <= 0 ? CSECRET_DISMISSED : result;
}

/* MARK: - Items */

csecret_result csecret_search(csecret_call *call, const char *name) {
    SecretService *service = call->keyring->service;
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    csecret_forget_found(call);
    GHashTable *attributes = api.g_hash_table_new_full(api.g_str_hash, api.g_str_equal, NULL, NULL);
    api.g_hash_table_insert(attributes, (gpointer) "xdg:schema", (gpointer)SCHEMA);
    if (name) api.g_hash_table_insert(attributes, (gpointer) "name", (gpointer)name);
    gboolean done = 0;
    ASK(call, result,
        api.secret_service_search_for_dbus_paths(
            service, NULL, attributes, call->cancellable, csecret_answered, answer),
        done = api.secret_service_search_for_dbus_paths_finish(
            service, answer->result, &call->found, &call->locked, &error));
    api.g_hash_table_unref(attributes);
    return result == CSECRET_OK && !done ? csecret_failed(call, NULL) : result;
}

static size_t length(char **strings) {
    size_t count = 0;
    while (strings && strings[count]) count++;
    return count;
}

size_t csecret_found(const csecret_call *call) { return length(call->found); }

size_t csecret_found_locked(const csecret_call *call) { return length(call->locked); }

static const char *path_at(const csecret_call *call, size_t index) {
    return index < csecret_found(call) ? call->found[index] : NULL;
}

/* libsecret has this too, but loses the reply: a leak of the size of all secrets, mended in 0.21.2. */
csecret_result csecret_fetch(csecret_call *call) {
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK || csecret_found(call) == 0) return result;
    const char *session = api.secret_service_get_session_dbus_path(call->keyring->service);
    if (!session) return csecret_failed(call, NULL);
    GVariant *reply, *arguments = api.g_variant_new("(^aoo)", call->found, session);
    result = ask(
        call, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "GetSecrets", arguments,
        "(a{o(oayays)})", &reply);
    if (result != CSECRET_OK) return result;
    api.g_variant_get(reply, "(@a{o(oayays)})", &call->secrets);
    api.g_variant_unref(reply);
    return CSECRET_OK;
}

const void *csecret_secret(csecret_call *call, size_t index, size_t *count) {
    *count = 0;
    if (call->secret) api.secret_value_unref(call->secret);
    call->secret = NULL;
    const char *path = path_at(call, index);
    GVariant *encoded = call->secrets && path ? api.g_variant_lookup_value(call->secrets, path, NULL) : NULL;
    if (!encoded) return NULL;
    call->secret = api.secret_service_decode_dbus_secret(call->keyring->service, encoded);
    api.g_variant_unref(encoded);
    if (!call->secret) return NULL;
    gsize length = 0;
    const char *bytes = api.secret_value_get(call->secret, &length);
    *count = length;
    return bytes;
}

csecret_result csecret_name(csecret_call *call, size_t index, char **name) {
    *name = NULL;
    csecret_result result = csecret_begin(call);
    const char *path = path_at(call, index);
    if (result != CSECRET_OK || !path) return result;
    GVariant *attributes = NULL;
    result = get_property(call, path, ITEM_INTERFACE, "Attributes", "a{ss}", &attributes);
    if (result != CSECRET_OK) return result;
    api.g_variant_lookup(attributes, "name", "s", name);
    api.g_variant_unref(attributes);
    if (*name && !**name) {
        api.g_free(*name);
        *name = NULL;
    }
    return CSECRET_OK;
}

void csecret_string_free(char *string) { api.g_free(string); }

static SecretValue *new_value(const void *bytes, size_t count) {
    return api.secret_value_new(bytes ? bytes : "", (gssize)count, "application/json");
}

/* Not by CreateItem with `replace`: KeePassXC stops that with a dialog when another process made the item. */
csecret_result csecret_set(csecret_call *call, size_t index, const void *bytes, size_t count) {
    csecret_result result = csecret_begin(call);
    const char *path = path_at(call, index);
    if (result != CSECRET_OK || !path) return result;
    SecretItem *item = NULL;
    ASK(call, result,
        api.secret_item_new_for_dbus_path(
            call->keyring->service, path, SECRET_ITEM_NONE, call->cancellable, csecret_answered, answer),
        item = api.secret_item_new_for_dbus_path_finish(answer->result, &error));
    if (!item) return result == CSECRET_OK ? CSECRET_VANISHED : result;
    SecretValue *value = new_value(bytes, count);
    gboolean done = 0;
    ASK(call, result,
        api.secret_item_set_secret(item, value, call->cancellable, csecret_answered, answer),
        done = api.secret_item_set_secret_finish(item, answer->result, &error));
    api.secret_value_unref(value);
    api.g_object_unref(item);
    return result == CSECRET_OK && !done ? csecret_failed(call, NULL) : result;
}

csecret_result csecret_create(
    csecret_call *call, const char *name, const char *label, const void *bytes, size_t count) {
    SecretService *service = call->keyring->service;
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    char *collection = NULL;
    result = read_alias(call, &collection);
    if (result == CSECRET_OK && !collection) result = CSECRET_VANISHED;
    if (result != CSECRET_OK) return result;
    GHashTable *properties = new_table();
    put(properties, ITEM_INTERFACE ".Label", api.g_variant_new("s", label));
    put(properties, ITEM_INTERFACE ".Attributes",
        api.g_variant_new_parsed("{'xdg:schema': '" SCHEMA "', 'name': %s}", name));
    SecretValue *value = new_value(bytes, count);
    char *path = NULL;
    ASK(call, result,
        api.secret_service_create_item_dbus_path(
            service, collection, properties, value, SECRET_ITEM_CREATE_NONE, call->cancellable, csecret_answered,
            answer),
        path = api.secret_service_create_item_dbus_path_finish(service, answer->result, &error));
    api.secret_value_unref(value);
    api.g_hash_table_unref(properties);
    api.g_free(collection);
    if (result == CSECRET_OK && !path) result = csecret_failed(call, NULL);
    api.g_free(path);
    return result;
}

csecret_result csecret_delete(csecret_call *call, size_t index) {
    SecretService *service = call->keyring->service;
    csecret_result result = csecret_begin(call);
    const char *path = path_at(call, index);
    if (result != CSECRET_OK || !path) return result;
    gboolean done = 0;
    ASK(call, result,
        api.secret_service_delete_item_dbus_path(service, path, call->cancellable, csecret_answered, answer),
        done = api.secret_service_delete_item_dbus_path_finish(service, answer->result, &error));
    return result == CSECRET_OK && !done ? csecret_failed(call, NULL) : result;
}

csecret_result csecret_set_aside(csecret_call *call, size_t index, const char *name, const char *label) {
    csecret_result result = csecret_begin(call);
    const char *path = path_at(call, index);
    if (result != CSECRET_OK || !path) return result;
    /* The name becomes empty instead of going away, because KeePassXC keeps the attributes that are not mentioned. */
    result = set_property(
        call, path, "Attributes",
        api.g_variant_new_parsed("{'xdg:schema': '" SCHEMA "', 'name': '', 'unreadable': %s}", name));
    if (result == CSECRET_OK) result = set_property(call, path, "Label", api.g_variant_new("s", label));
    return result;
}
