/* Shared by the files of this target. */
#ifndef MSAUTH_CSECRET_PRIVATE_H
#define MSAUTH_CSECRET_PRIVATE_H

#include <stdatomic.h>

#include "csecret.h"
#include "libsecret.h"

#define SERVICE_NAME "org.freedesktop.secrets"

#define TYPE(signature) ((const GVariantType *)(signature))

/* Under this key a service object has the call that it works for at present, or NULL. */
#define CALL "msauth-call"

#define POINTER(result, name, arguments) result(*name) arguments;
extern struct csecret_api {
    CSECRET_FUNCTIONS(POINTER)
} csecret_api;
#undef POINTER

#define api csecret_api

/* The subclass of SecretService, and the domain of errors whose code is a csecret_result. */
extern GType csecret_service_type;
extern GQuark csecret_errors;

struct csecret_keyring {
    GMainContext *context;
    GDBusConnection *connection;
    SecretService *service;
    char *owner; /* the daemon that the service object has its session with */
};

struct csecret_call {
    csecret_keyring *keyring;
    double deadline;
    double patience, left; /* for a prompt; what was left of the time when one began */
    atomic_int cancelled;
    int given_up; /* the connection is of no more use */
    int reused;   /* the service object is that of an earlier call */
    GCancellable *cancellable;
    char **found, **locked; /* paths */
    GVariant *secrets;
    SecretValue *secret;
    char detail[256];
};

/* A person is slower than a daemon: while a prompt shows, the call's own time stands still. */
void csecret_begin_patience(csecret_call *call);
void csecret_end_patience(csecret_call *call);

void csecret_forget_found(csecret_call *call);

/* libsecret's blocking calls have no time limit, so every question is asked by the other kind, and its answer waited
 * for. The place for the answer outlives the call if the answer comes late. */
typedef struct {
    GObject *source;
    GAsyncResult *result;
    int abandoned;
} answer;

answer *csecret_new_answer(void);
void csecret_answered(GObject *source, GAsyncResult *result, gpointer answer);
csecret_result csecret_wait_for(csecret_call *call, answer *answer);
void csecret_free_answer(answer *answer);

/* What an error means; takes it over. NULL is a refusal without one. */
csecret_result csecret_failed(csecret_call *call, GError *error);

/* Begins a step; not if the call has ended already. */
csecret_result csecret_begin(csecret_call *call);

/* Asks one question with the call's cancellable and `csecret_answered`, waits for the `answer`, and takes from it what
 * there is to take, or an `error`. */
#define ASK(call, outcome, ask, take) \
    do { \
        answer *answer = csecret_new_answer(); \
        ask; \
        outcome = csecret_wait_for(call, answer); \
        if (outcome == CSECRET_OK) { \
            GError *error = NULL; \
            take; \
            csecret_free_answer(answer); \
            if (error) outcome = csecret_failed(call, error); \
        } \
    } while (0)

#endif
