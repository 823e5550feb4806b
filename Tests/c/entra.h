/* The local Entra of Tests/entra, as the environment describes it. */
#ifndef ENTRA_H
#define ENTRA_H

#include <msauth.h>

/* One of its facts: "AUTHORITY", "CA_FILE", "CLIENT_ID", ... is the variable ENTRA_AUTHORITY, and so on. */
const char *entra(const char *name);

/* Asks its admin interface; `json` is the body. By the command curl: this process stays free of other users of
   libcurl and OpenSSL. */
void entra_post(const char *path, const char *json);

/* As it was at its start, with one second between polls. */
void entra_reset(void);

/* Names and values, up to a name that is NULL. */
msauth_options *options_of(const char *name, ...) __attribute__((sentinel));

/* A client with a store in memory, which trusts the local Entra. */
msauth_client *memory_client(void);

/* How its daemon signs in, and how its public client does. */
msauth_options *daemon_sign_in(void);
msauth_options *user_sign_in(void);

typedef msauth_status starting_call(msauth_client *, const char *, const msauth_options *, msauth_operation **,
                                    msauth_error **);

/* Starts what must start. */
msauth_operation *started(starting_call *call, msauth_client *client, const char *name, const msauth_options *options);

/* Waits to the end, past any prompt, and frees the operation; `token` may be NULL. */
msauth_status ended(msauth_operation *operation, msauth_token **token);

/* Both, for a call whose result does not matter. */
msauth_status done(starting_call *call, msauth_client *client, const char *name, const msauth_options *options);

#endif
