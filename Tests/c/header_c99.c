/* The header is C99, each function has the type that is written here a second time, and each is in the library. */
#include <msauth.h>

#define START(name)                                                                                                   \
    msauth_status (*name)(msauth_client *, const char *, const msauth_options *, msauth_operation **, msauth_error **)

typedef struct {
    const char *(*version)(void);
    const char *(*status_name)(msauth_status);
    const char *(*describe)(void);

    const char *(*error_message)(const msauth_error *);
    const char *(*error_get)(const msauth_error *, const char *);
    const char *(*error_json)(const msauth_error *);
    void (*error_free)(msauth_error *);

    msauth_options *(*options_new)(void);
    msauth_status (*options_set)(msauth_options *, const char *, const char *, msauth_error **);
    msauth_status (*options_set_bytes)(msauth_options *, const char *, const void *, size_t, msauth_error **);
    void (*options_free)(msauth_options *);

    msauth_status (*client_new)(const msauth_options *, msauth_client **, msauth_error **);
    void (*client_free)(msauth_client *);

    START(connect);
    START(resume);
    START(acquire);
    START(disconnect);
    START(list);
    size_t (*connections_count)(const msauth_connections *);
    const char *(*connections_get)(const msauth_connections *, size_t, const char *);
    const char *(*connections_json)(const msauth_connections *);
    void (*connections_free)(msauth_connections *);

    msauth_status (*operation_wait)(msauth_operation *, int32_t, msauth_token **, msauth_error **);
    int32_t (*operation_fd)(msauth_operation *);
    const char *(*operation_get)(const msauth_operation *, const char *);
    msauth_connections *(*operation_connections)(msauth_operation *);
    void (*operation_cancel)(msauth_operation *);
    void (*operation_free)(msauth_operation *);

    const char *(*token_get)(const msauth_token *, const char *);
    int64_t (*token_expires_on)(const msauth_token *);
    const char *(*token_json)(const msauth_token *);
    void (*token_free)(msauth_token *);
} functions;

int main(void) {
    functions volatile f = {
        msauth_version,        msauth_status_name,      msauth_describe,         msauth_error_message,
        msauth_error_get,      msauth_error_json,       msauth_error_free,       msauth_options_new,
        msauth_options_set,    msauth_options_set_bytes, msauth_options_free,    msauth_client_new,
        msauth_client_free,    msauth_connect,          msauth_resume,           msauth_acquire,
        msauth_disconnect,     msauth_list,             msauth_connections_count, msauth_connections_get,
        msauth_connections_json, msauth_connections_free, msauth_operation_wait, msauth_operation_fd,
        msauth_operation_get,  msauth_operation_connections, msauth_operation_cancel, msauth_operation_free,
        msauth_token_get,      msauth_token_expires_on, msauth_token_json,       msauth_token_free,
    };
    return sizeof(msauth_status) == 4 && f.version()[0] ? 0 : 1;
}
