#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "private.h"

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

struct csecret_api csecret_api;
GType csecret_service_type;
GQuark csecret_errors;

static GType register_own_type(void);

/* GLib sets SIGPIPE to be ignored, for the whole process, when it first needs a socket. It does not depend on that
 * itself (it sends with MSG_NOSIGNAL), so let it happen now and give the host back what it had. */
static void make_socket_class(void) {
    struct sigaction before;
    int known = sigaction(SIGPIPE, NULL, &before) == 0;
    api.g_type_class_ref(api.g_socket_get_type());
    if (known) sigaction(SIGPIPE, &before, NULL);
}

const char *csecret_load(void) {
    static char failure[256];
    static int loaded;
    pthread_mutex_lock(&loading);
    if (!loaded) {
        /* Never closed: GLib has threads and types that cannot be unloaded. Local: the host may have its own. */
        void *library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        loaded = library != NULL;
#define FIND(result, name, arguments) \
    if (loaded && !(*(void **)&api.name = dlsym(library, #name))) loaded = 0;
        CSECRET_FUNCTIONS(FIND)
#undef FIND
        if (loaded) {
            make_socket_class();
            csecret_errors = api.g_quark_from_static_string("msauth");
            csecret_service_type = register_own_type();
            loaded = csecret_service_type != 0;
        }
        const char *reason = loaded ? NULL : dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : "its type cannot be derived from");
    }
    const char *result = loaded ? NULL : failure;
    pthread_mutex_unlock(&loading);
    return result;
}

/* MARK: - A service object of our own */

/* libsecret's own service object shares the process's bus connection, which may kill the host when the bus dies, and
 * waits for ever for a prompt that was dismissed. This one differs in both. */

static GObject *(*parent_constructor)(GType, guint, GObjectConstructParam *);

/* The parent's constructor asks for the shared connection; what it set is changed while the object is still being made.
 * The connection is an ordinary property of the new object. No signals: they would pile up in a context that nobody
 * iterates between two calls. No start of the daemon either: that costs a round trip where it runs already. */
static GObject *construct(GType type, guint count, GObjectConstructParam *properties) {
    GObject *object = parent_constructor(type, count, properties);
    api.g_object_set(
        object, "g-bus-type", G_BUS_TYPE_NONE, "g-flags",
        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS
            | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION,
        NULL);
    /* A variable of libsecret's own tests; our secrets go to the one name. */
    if (getenv("SECRET_SERVICE_BUS_NAME")) api.g_object_set(object, "g-name", SERVICE_NAME, NULL);
    return object;
}

static void free_variant(gpointer variant) { api.g_variant_unref(variant); }

static void prompt_answered(GObject *prompt, GAsyncResult *result, gpointer task) {
    csecret_end_patience(api.g_object_get_data(api.g_task_get_source_object(task), CALL));
    GError *error = NULL;
    GVariant *answer = api.secret_prompt_perform_finish((SecretPrompt *)prompt, result, &error);
    if (answer)
        api.g_task_return_pointer(task, answer, free_variant);
    else
        api.g_task_return_error(
            task, error ? error : api.g_error_new_literal(csecret_errors, CSECRET_DISMISSED, "dismissed"));
    api.g_object_unref(task);
}

/* KeePassXC makes a prompt of each creation and deletion, and completes most of them by itself without showing
 * anything: so prompts are always gone through. What would surely show one, an unlock, is not called unasked. */
static void prompt_async(
    SecretService *service, SecretPrompt *prompt, const GVariantType *type, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer data) {
    GTask *task = api.g_task_new(service, cancellable, callback, data);
    csecret_begin_patience(api.g_object_get_data((GObject *)service, CALL));
    api.secret_prompt_perform(prompt, NULL, type, cancellable, prompt_answered, task);
}

static GVariant *prompt_finish(SecretService *service, GAsyncResult *result, GError **error) {
    (void)service;
    return api.g_task_propagate_pointer((GTask *)result, error);
}

static void init_class(gpointer class, gpointer data) {
    (void)data;
    parent_constructor = ((GObjectClass *)api.g_type_class_peek_parent(class))->constructor;
    ((GObjectClass *)class)->constructor = construct;
    ((SecretServiceClass *)class)->prompt_async = prompt_async;
    ((SecretServiceClass *)class)->prompt_finish = prompt_finish;
}

/* The name has an address in it: two copies of this library in one process must not share one type. */
static GType register_own_type(void) {
    static char name[64];
    snprintf(name, sizeof name, "MSAuthSecretService%p", (void *)&csecret_api);
    GTypeQuery parent = {0};
    api.g_type_query(api.secret_service_get_type(), &parent);
    if (parent.class_size < sizeof(SecretServiceClass)) return 0;
    return api.g_type_register_static_simple(
        parent.type, name, parent.class_size, init_class, parent.instance_size, NULL, 0);
}
