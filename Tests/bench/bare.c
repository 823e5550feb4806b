/* The least that gets a token: one request by libcurl, nothing checked but the status. What everything else is measured by. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t keep(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

int main(void) {
    char url[512], form[1024];
    snprintf(url, sizeof url, "%s/oauth2/v2.0/token", getenv("AUTHORITY"));
    CURL *curl = curl_easy_init();
    char *secret = curl_easy_escape(curl, getenv("CLIENT_SECRET"), 0);
    snprintf(form, sizeof form, "client_id=%s&grant_type=client_credentials&client_secret=%s&scope=%s",
             getenv("CLIENT_ID"), secret, "https%3A%2F%2Fgraph.microsoft.com%2F.default");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("CA_FILE"));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    long status = 0;
    if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_free(secret);
    curl_easy_cleanup(curl);
    return status != 200;
}
