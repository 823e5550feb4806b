using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using MSAuth;

static class Naming
{
    internal static void ParametersBecomeOptions()
    {
        SecureString secret = Check.Secure("secret");
        Hashtable options = Options.From(new Dictionary<string, object>
        {
            { "Name", "work" }, { "Verbose", true }, { "AsPlainText", true }, { "DeviceCode", true },
            { "ClientId", "id" }, { "Scopes", new[] { "User.Read", "Mail.Read" } }, { "NoWait", true }, { "NoKeepCredentials", false },
            { "Cae", true }, { "Refresh", false }, { "Timeout", 5 }, { "NoProxy", "localhost" }, { "Claims", null },
            { "ClientSecret", new System.Management.Automation.PSObject(secret) },
        });
        var expected = new Dictionary<string, object>
        {
            { "client_id", "id" }, { "scopes", "User.Read Mail.Read" }, { "wait", "false" }, { "keep_credentials", "true" },
            { "cae", "true" }, { "refresh", "false" }, { "timeout", "5" }, { "no_proxy", "localhost" }, { "client_secret", secret },
        };
        foreach (var option in expected) Check.Equal(options[option.Key], option.Value, option.Key);
        Check.Equal(options.Count, expected.Count, "the number of options");
    }

    internal static void DefaultsComeFromPreferenceThenEnvironment()
    {
        Environment.SetEnvironmentVariable("MSAUTH_STORE", "secret-service");
        Environment.SetEnvironmentVariable("MSAUTH_TENANT", "contoso");
        Environment.SetEnvironmentVariable("MSAUTH_LOG", "");
        Hashtable options = Options.Defaults(new Hashtable { { "Store", "memory" }, { "cafile", "a" }, { "connect_timeout", 3 }, { "Storre", "x" } });
        Check.Equal(options["store"], "memory", "the preference");
        Check.Equal(options["tenant"], "contoso", "the environment");
        Check.Equal(options["log"], null, "a variable that is empty");
        Check.Equal(options["ca_file"], "a", "a name without its underscore");
        Check.Equal(options["connect_timeout"], "3", "a name as the library has it");
        Check.Equal(options["Storre"], "x", "a name that is not known");

        using (var client = new Client(options))
            Check.That(Check.Fails(client.List(Given.Nothing), "invalid_argument").Message.Contains("Storre"), "the message names the option");
    }

    internal static void ASessionKeepsItsClients()
    {
        var session = new Session();
        var memory = new Hashtable { { "Store", "memory" } };
        Client first = session.Client(memory);
        Check.That(ReferenceEquals(session.Client(new Hashtable { { "store", "memory" } }), first), "equal settings are one client");
        Check.That(ReferenceEquals(session.Client(new System.Management.Automation.PSObject(memory)), first), "a wrapped hashtable is one too");
        memory["CaFile"] = "/etc/hosts";
        Check.That(!ReferenceEquals(session.Client(memory), first), "a changed hashtable is another client");
        memory.Remove("CaFile");
        Check.That(ReferenceEquals(session.Client(memory), first), "settings of before are the client of before");
        Environment.SetEnvironmentVariable("MSAUTH_TENANT", "contoso");
        Check.That(!ReferenceEquals(session.Client(memory), first), "a changed environment is another client");

        Check.That(Check.Fails(session.Client("memory").List(Given.Nothing), "invalid_argument").Hint != null, "a preference of another kind has a hint");
        session.Dispose();
    }

    /// <summary>What the classes know by name, for comparison with the library's vocabulary.</summary>
    internal static void Print()
    {
        Print("options", Options.Names);
        Print("environment", Options.InEnvironment);
        Print("token", Properties(typeof(AccessToken)));
        Print("connection", Properties(typeof(Connection)));
        Print("error", Properties(typeof(MSAuthException)));
    }

    static void Print(string what, IEnumerable<string> names) { Console.WriteLine(what + " " + string.Join(" ", names)); }

    static IEnumerable<string> Properties(Type type) { return type.GetProperties().Select(property => property.Name); }
}

namespace System.Management.Automation
{
    /// <summary>As PowerShell wraps values.</summary>
    sealed class PSObject
    {
        public PSObject(object value) { BaseObject = value; }
        public object BaseObject { get; private set; }
    }
}
