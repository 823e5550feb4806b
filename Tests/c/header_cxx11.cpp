/* The header is C++11, and every function is there under its C name. */
#include <msauth.h>

#include <type_traits>

static_assert(std::is_same<msauth_status, int32_t>::value, "a status has 32 bits in every language");
static_assert(std::is_convertible<decltype(MSAUTH_OK), msauth_status>::value, "the names of statuses are statuses");

template <typename Result, typename... Arguments>
static bool isThere(Result (*volatile function)(Arguments...)) {
    return function != nullptr;
}

int main() {
    const bool all[] = {
        isThere(msauth_version),
        isThere(msauth_status_name),
        isThere(msauth_describe),
        isThere(msauth_error_message),
        isThere(msauth_error_get),
        isThere(msauth_error_json),
        isThere(msauth_error_free),
        isThere(msauth_options_new),
        isThere(msauth_options_set),
        isThere(msauth_options_set_bytes),
        isThere(msauth_options_free),
        isThere(msauth_client_new),
        isThere(msauth_client_free),
        isThere(msauth_connect),
        isThere(msauth_resume),
        isThere(msauth_acquire),
        isThere(msauth_disconnect),
        isThere(msauth_list),
        isThere(msauth_connections_count),
        isThere(msauth_connections_get),
        isThere(msauth_connections_json),
        isThere(msauth_connections_free),
        isThere(msauth_operation_wait),
        isThere(msauth_operation_fd),
        isThere(msauth_operation_get),
        isThere(msauth_operation_connections),
        isThere(msauth_operation_cancel),
        isThere(msauth_operation_free),
        isThere(msauth_token_get),
        isThere(msauth_token_expires_on),
        isThere(msauth_token_json),
        isThere(msauth_token_free),
    };
    for (bool one : all) {
        if (!one) return 1;
    }
    return 0;
}
