using System;
using System.Collections;
using MSAuth;

/// <summary>What the caller of the tests has put into the environment: MSAUTH_ variables for the client, TEST_ for the rest.</summary>
static class Given
{
    internal static Client Client() { return new Client(Options.Defaults(null)); }

    internal static string Secret { get { return Environment.GetEnvironmentVariable("TEST_CLIENT_SECRET"); } }

    internal static Hashtable ByClientSecret()
    {
        return new Hashtable { { "grant", "client_secret" }, { "client_secret", Check.Secure(Secret) } };
    }

    internal static Hashtable ByDeviceCode() { return new Hashtable { { "grant", "device_code" } }; }

    internal static readonly Hashtable Nothing = new Hashtable();
}
