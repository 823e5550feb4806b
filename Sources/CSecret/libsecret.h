/* What this library calls in libsecret, GIO, GObject and GLib, declared by itself.
 *
 * libsecret is opened at run time, and its headers sit where only pkg-config knows, in a folder named after the
 * architecture: with these declarations a plain build needs neither. They are the stable ABI of libsecret-1.so.0 and
 * glib 2.0, and a test holds them against the real headers:
 *
 *     cc -fsyntax-only -DCSECRET_COMPARE $(pkg-config --cflags libsecret-1) -x c libsecret.h
 */
#ifndef MSAUTH_CSECRET_LIBSECRET_H
#define MSAUTH_CSECRET_LIBSECRET_H

#include <stddef.h>
#include <stdint.h>

#ifdef CSECRET_COMPARE
#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>
#define OURS(type) csecret_##type
#else
typedef int gboolean;
typedef int gint;
typedef unsigned int guint;
typedef char gchar;
typedef long gssize;
typedef unsigned long gsize;
typedef uint32_t GQuark;
typedef gsize GType;
typedef void *gpointer;
typedef const void *gconstpointer;

typedef struct _GAsyncInitable GAsyncInitable;
typedef struct _GAsyncResult GAsyncResult;
typedef struct _GCancellable GCancellable;
typedef struct _GDBusAuthObserver GDBusAuthObserver;
typedef struct _GDBusConnection GDBusConnection;
typedef struct _GDBusProxy GDBusProxy;
typedef struct _GHashTable GHashTable;
typedef struct _GIOStream GIOStream;
typedef struct _GMainContext GMainContext;
typedef struct _GObject GObject;
typedef struct _GObjectConstructParam GObjectConstructParam;
typedef struct _GSocket GSocket;
typedef struct _GSocketConnection GSocketConnection;
typedef struct _GSource GSource;
typedef struct _GTask GTask;
typedef struct _GTypeInstance GTypeInstance;
typedef struct _GVariant GVariant;
typedef struct _GVariantType GVariantType;
typedef struct _SecretItem SecretItem;
typedef struct _SecretPrompt SecretPrompt;
typedef struct _SecretSchema SecretSchema;
typedef struct _SecretService SecretService;
typedef struct _SecretValue SecretValue;

typedef void (*GAsyncReadyCallback)(GObject *, GAsyncResult *, gpointer);
typedef void (*GClassInitFunc)(gpointer, gpointer);
typedef void (*GDestroyNotify)(gpointer);
typedef gboolean (*GEqualFunc)(gconstpointer, gconstpointer);
typedef guint (*GHashFunc)(gconstpointer);
typedef void (*GInstanceInitFunc)(GTypeInstance *, gpointer);
typedef gboolean (*GSourceFunc)(gpointer);

typedef unsigned int GDBusCallFlags;
typedef unsigned int GDBusConnectionFlags;
typedef unsigned int GTypeFlags;
typedef unsigned int SecretCollectionCreateFlags;
typedef unsigned int SecretItemCreateFlags;
typedef unsigned int SecretItemFlags;

#define OURS(type) type
#endif

/* Public members of structs, as far as they are used. */
typedef struct {
    GQuark domain;
    gint code;
    gchar *message;
} OURS(GError);

typedef struct {
    GType type;
    const gchar *type_name;
    guint class_size;
    guint instance_size;
} OURS(GTypeQuery);

typedef struct {
    gpointer type_class[1];
    gpointer construct_properties;
    GObject *(*constructor)(GType, guint, GObjectConstructParam *);
} OURS(GObjectClass);

typedef struct {
    gpointer parent_class[17 + 34];
    GType collection_gtype, item_gtype;
    gpointer prompt_sync;
    void (*prompt_async)(
        SecretService *, SecretPrompt *, const GVariantType *, GCancellable *, GAsyncReadyCallback, gpointer);
    GVariant *(*prompt_finish)(SecretService *, GAsyncResult *, OURS(GError) **);
} OURS(SecretServiceClass);

/* Every constant. */
#define CSECRET_NUMBERS(N) \
    N(G_DBUS_CALL_FLAGS_NONE, 0) \
    N(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, 1 << 0) \
    N(G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, 1 << 3) \
    N(G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, 1 << 0) \
    N(G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS, 1 << 1) \
    N(G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION, 1 << 4) \
    N(G_BUS_TYPE_NONE, 0) \
    N(SECRET_COLLECTION_CREATE_NONE, 0) \
    N(SECRET_ITEM_CREATE_NONE, 0) \
    N(SECRET_ITEM_NONE, 0) \
    N(SECRET_SERVICE_OPEN_SESSION, 1 << 1) \
    N(G_IO_ERROR_CLOSED, 18) \
    N(G_IO_ERROR_CANCELLED, 19) \
    N(G_IO_ERROR_TIMED_OUT, 24) \
    N(G_IO_ERROR_BROKEN_PIPE, 44) \
    N(G_DBUS_ERROR_SERVICE_UNKNOWN, 2) \
    N(G_DBUS_ERROR_NAME_HAS_NO_OWNER, 3) \
    N(G_DBUS_ERROR_NO_REPLY, 4) \
    N(G_DBUS_ERROR_TIMEOUT, 12) \
    N(G_DBUS_ERROR_DISCONNECTED, 15) \
    N(G_DBUS_ERROR_UNKNOWN_METHOD, 19) \
    N(G_DBUS_ERROR_TIMED_OUT, 20) \
    N(G_DBUS_ERROR_UNKNOWN_OBJECT, 41) \
    N(SECRET_ERROR_IS_LOCKED, 2) \
    N(SECRET_ERROR_NO_SUCH_OBJECT, 3)

/* Every function: what it returns, its name, what it takes. */
#define CSECRET_FUNCTIONS(F) \
    /* GLib */ \
    F(void, g_error_free, (GError *)) \
    F(GError *, g_error_new_literal, (GQuark, gint, const gchar *)) \
    F(void, g_free, (gpointer)) \
    F(gboolean, g_hash_table_insert, (GHashTable *, gpointer, gpointer)) \
    F(GHashTable *, g_hash_table_new_full, (GHashFunc, GEqualFunc, GDestroyNotify, GDestroyNotify)) \
    F(void, g_hash_table_unref, (GHashTable *)) \
    F(gboolean, g_main_context_iteration, (GMainContext *, gboolean)) \
    F(GMainContext *, g_main_context_new, (void)) \
    F(void, g_main_context_pop_thread_default, (GMainContext *)) \
    F(void, g_main_context_push_thread_default, (GMainContext *)) \
    F(void, g_main_context_unref, (GMainContext *)) \
    F(void, g_main_context_wakeup, (GMainContext *)) \
    F(gpointer, g_malloc0, (gsize)) \
    F(GQuark, g_quark_from_static_string, (const gchar *)) \
    F(guint, g_source_attach, (GSource *, GMainContext *)) \
    F(void, g_source_destroy, (GSource *)) \
    F(void, g_source_set_callback, (GSource *, GSourceFunc, gpointer, GDestroyNotify)) \
    F(void, g_source_unref, (GSource *)) \
    F(gboolean, g_str_equal, (gconstpointer, gconstpointer)) \
    F(guint, g_str_hash, (gconstpointer)) \
    F(void, g_strfreev, (gchar **)) \
    F(GSource *, g_timeout_source_new, (guint)) \
    F(void, g_variant_get, (GVariant *, const gchar *, ...)) \
    F(gboolean, g_variant_is_of_type, (GVariant *, const GVariantType *)) \
    F(gboolean, g_variant_lookup, (GVariant *, const gchar *, const gchar *, ...)) \
    F(GVariant *, g_variant_lookup_value, (GVariant *, const gchar *, const GVariantType *)) \
    F(GVariant *, g_variant_new, (const gchar *, ...)) \
    F(GVariant *, g_variant_new_parsed, (const gchar *, ...)) \
    F(GVariant *, g_variant_ref_sink, (GVariant *)) \
    F(void, g_variant_unref, (GVariant *)) \
    /* GObject */ \
    F(void, g_object_add_weak_pointer, (GObject *, gpointer *)) \
    F(gpointer, g_object_get_data, (GObject *, const gchar *)) \
    F(gpointer, g_object_ref, (gpointer)) \
    F(void, g_object_set, (gpointer, const gchar *, ...)) \
    F(void, g_object_set_data, (GObject *, const gchar *, gpointer)) \
    F(void, g_object_unref, (gpointer)) \
    F(gboolean, g_type_check_instance_is_a, (GTypeInstance *, GType)) \
    F(gpointer, g_type_class_peek_parent, (gpointer)) \
    F(gpointer, g_type_class_ref, (GType)) \
    F(void, g_type_query, (GType, GTypeQuery *)) \
    F(GType, g_type_register_static_simple, \
        (GType, const gchar *, guint, GClassInitFunc, guint, GInstanceInitFunc, GTypeFlags)) \
    /* GIO */ \
    F(void, g_async_initable_new_async, \
        (GType, int, GCancellable *, GAsyncReadyCallback, gpointer, const gchar *, ...)) \
    F(GObject *, g_async_initable_new_finish, (GAsyncInitable *, GAsyncResult *, GError **)) \
    F(void, g_cancellable_cancel, (GCancellable *)) \
    F(GCancellable *, g_cancellable_new, (void)) \
    F(void, g_dbus_connection_call, \
        (GDBusConnection *, const gchar *, const gchar *, const gchar *, const gchar *, GVariant *, \
         const GVariantType *, GDBusCallFlags, gint, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(GVariant *, g_dbus_connection_call_finish, (GDBusConnection *, GAsyncResult *, GError **)) \
    F(void, g_dbus_connection_close, (GDBusConnection *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(GIOStream *, g_dbus_connection_get_stream, (GDBusConnection *)) \
    F(gboolean, g_dbus_connection_is_closed, (GDBusConnection *)) \
    F(void, g_dbus_connection_new_for_address, \
        (const gchar *, GDBusConnectionFlags, GDBusAuthObserver *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(GDBusConnection *, g_dbus_connection_new_for_address_finish, (GAsyncResult *, GError **)) \
    F(void, g_dbus_connection_set_exit_on_close, (GDBusConnection *, gboolean)) \
    F(gchar *, g_dbus_error_get_remote_error, (const GError *)) \
    F(GQuark, g_dbus_error_quark, (void)) \
    F(gboolean, g_dbus_error_strip_remote_error, (GError *)) \
    F(gchar *, g_dbus_proxy_get_name_owner, (GDBusProxy *)) \
    F(GQuark, g_io_error_quark, (void)) \
    F(GSocket *, g_socket_connection_get_socket, (GSocketConnection *)) \
    F(GType, g_socket_connection_get_type, (void)) \
    F(int, g_socket_get_fd, (GSocket *)) \
    F(GType, g_socket_get_type, (void)) \
    F(gpointer, g_task_get_source_object, (GTask *)) \
    F(GTask *, g_task_new, (gpointer, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gpointer, g_task_propagate_pointer, (GTask *, GError **)) \
    F(void, g_task_return_error, (GTask *, GError *)) \
    F(void, g_task_return_pointer, (GTask *, gpointer, GDestroyNotify)) \
    /* libsecret */ \
    F(GQuark, secret_error_get_quark, (void)) \
    F(void, secret_item_new_for_dbus_path, \
        (SecretService *, const gchar *, SecretItemFlags, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(SecretItem *, secret_item_new_for_dbus_path_finish, (GAsyncResult *, GError **)) \
    F(void, secret_item_set_secret, (SecretItem *, SecretValue *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gboolean, secret_item_set_secret_finish, (SecretItem *, GAsyncResult *, GError **)) \
    F(void, secret_prompt_perform, \
        (SecretPrompt *, const gchar *, const GVariantType *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(GVariant *, secret_prompt_perform_finish, (SecretPrompt *, GAsyncResult *, GError **)) \
    F(void, secret_service_create_collection_dbus_path, \
        (SecretService *, GHashTable *, const gchar *, SecretCollectionCreateFlags, GCancellable *, \
         GAsyncReadyCallback, gpointer)) \
    F(gchar *, secret_service_create_collection_dbus_path_finish, (SecretService *, GAsyncResult *, GError **)) \
    F(void, secret_service_create_item_dbus_path, \
        (SecretService *, const gchar *, GHashTable *, SecretValue *, SecretItemCreateFlags, GCancellable *, \
         GAsyncReadyCallback, gpointer)) \
    F(gchar *, secret_service_create_item_dbus_path_finish, (SecretService *, GAsyncResult *, GError **)) \
    F(SecretValue *, secret_service_decode_dbus_secret, (SecretService *, GVariant *)) \
    F(void, secret_service_delete_item_dbus_path, \
        (SecretService *, const gchar *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gboolean, secret_service_delete_item_dbus_path_finish, (SecretService *, GAsyncResult *, GError **)) \
    F(const gchar *, secret_service_get_session_algorithms, (SecretService *)) \
    F(const gchar *, secret_service_get_session_dbus_path, (SecretService *)) \
    F(GType, secret_service_get_type, (void)) \
    F(void, secret_service_read_alias_dbus_path, \
        (SecretService *, const gchar *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gchar *, secret_service_read_alias_dbus_path_finish, (SecretService *, GAsyncResult *, GError **)) \
    F(void, secret_service_search_for_dbus_paths, \
        (SecretService *, const SecretSchema *, GHashTable *, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gboolean, secret_service_search_for_dbus_paths_finish, \
        (SecretService *, GAsyncResult *, gchar ***, gchar ***, GError **)) \
    F(void, secret_service_unlock_dbus_paths, \
        (SecretService *, const gchar **, GCancellable *, GAsyncReadyCallback, gpointer)) \
    F(gint, secret_service_unlock_dbus_paths_finish, (SecretService *, GAsyncResult *, gchar ***, GError **)) \
    F(const gchar *, secret_value_get, (SecretValue *, gsize *)) \
    F(SecretValue *, secret_value_new, (const gchar *, gssize, const gchar *)) \
    F(void, secret_value_unref, (gpointer))

#ifdef CSECRET_COMPARE
#define COMPARE(result, name, arguments) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), result arguments), #name);
CSECRET_FUNCTIONS(COMPARE)

#define SAME_PLACE(type, member) \
    _Static_assert(offsetof(type, member) == offsetof(OURS(type), member), #type "." #member);
SAME_PLACE(GError, domain)
SAME_PLACE(GError, code)
SAME_PLACE(GError, message)
SAME_PLACE(GTypeQuery, class_size)
SAME_PLACE(GTypeQuery, instance_size)
_Static_assert(sizeof(GTypeQuery) == sizeof(OURS(GTypeQuery)), "GTypeQuery");
SAME_PLACE(GObjectClass, constructor)
SAME_PLACE(SecretServiceClass, prompt_async)
SAME_PLACE(SecretServiceClass, prompt_finish)

#define SAME_NUMBER(name, number) _Static_assert((name) == (number), #name);
CSECRET_NUMBERS(SAME_NUMBER)
#else
#define NUMBER(name, number) name = number,
enum { CSECRET_NUMBERS(NUMBER) };
#undef NUMBER
#endif

#endif
