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

    internal static void WordsHaveNoCapitals()
    {
        Hashtable options = Options.From(new Dictionary<string, object>
        {
            { "Grant", "Managed_Identity" }, { "CertificateAlgorithm", "rs256" }, { "Cloud", "mars" }, { "Tenant", "Public" },
        });
        Check.Equal(options["grant"], "managed_identity", "a word in other capitals");
        Check.Equal(options["certificate_algorithm"], "RS256", "a word that has capitals");
        Check.Equal(options["cloud"], "mars", "a word that is not known");
        Check.Equal(options["tenant"], "Public", "a text");
        var client = new Client(Options.Defaults(new Hashtable { { "Grant", "CERTIFICATE" } }));
        Check.Equal(client.Grant, "certificate", "the preference's grant");
        Check.Equal(new Client(Options.Defaults(null)).Grant, null, "the grant where the preference has none");
    }

    /// <summary>A pipeline hands over the bytes of a file as an array of objects, and each may be wrapped.</summary>
    internal static void BytesStayBytes()
    {
        var wrapped = new object[] { (byte)0, new System.Management.Automation.PSObject((byte)200), (byte)10 };
        foreach (object given in new object[] { new byte[] { 0, 200, 10 }, wrapped, new System.Management.Automation.PSObject(wrapped) })
        {
            var options = Options.From(new Dictionary<string, object> { { "ClientCertificateData", given } });
            Check.Equal(BitConverter.ToString(options["client_certificate_data"] as byte[] ?? new byte[0]), "00-C8-0A", "the bytes");
        }
        var others = Options.From(new Dictionary<string, object> { { "Scopes", new object[] { "1", (byte)2 } }, { "NoProxy", new string[0] } });
        Check.Equal(others["no_proxy"], "", "a list of nothing");
        Check.Equal(others["scopes"], "1 2", "a list that is not all bytes");
    }

    /// <summary>What -Credential stands for, by the grant that is named and the one that is known.</summary>
    internal static void ACredentialIsAUserOrAnApplication()
    {
        SecureString secret = Check.Secure("secret");
        Func<string, bool, string, string> added = (named, connects, known) =>
        {
            var options = new Hashtable();
            if (named != null) options["grant"] = named;
            Check.Equal(Options.AddCredential(options, connects, known, "name", secret), null, "a failure");
            Check.That(options.Values.Cast<object>().Contains(secret), "the secret is an option as it is");
            return string.Join(" ", options.Cast<DictionaryEntry>().Select(each => each.Value is string ? each.Key + "=" + each.Value : each.Key).OrderBy(each => each));
        };
        const string application = "client_id=name client_secret";
        Check.Equal(added(null, true, null), application + " grant=client_secret", "without a grant");
        // PowerShell makes an empty string of a null.
        Check.Equal(added(null, true, ""), application + " grant=client_secret", "with no grant known");
        Check.Equal(added(null, true, "device_code"), application + " grant=client_secret", "in the place of another grant");
        Check.Equal(added(null, true, "password"), "grant=password password username=name", "for a connection by password");
        Check.Equal(added("password", true, "client_secret"), "grant=password password username=name", "with -Grant password");
        Check.Equal(added("authorization_code", true, "password"), application + " grant=authorization_code", "with another grant");
        Check.Equal(added(null, false, "client_secret"), application, "for a token");
        Check.Equal(added(null, false, "password"), "password", "for a token of a user");

        foreach (string twice in new[] { "client_id", "client_secret" })
        {
            var options = new Hashtable { { twice, "x" } };
            MSAuthException failure = Options.AddCredential(options, true, null, "name", secret);
            Check.Equal(failure.Status, "invalid_argument", "the status");
            Check.That(failure.Message.Contains(twice == "client_id" ? "-ClientId" : "-ClientSecret"), "the message names the parameter");
            Check.Equal(options.Count, 1, "the number of options");
        }
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
        Print("environment", Options.Variables.Select(variable => variable.Key + "=" + variable.Value));
        Print("paths", Options.Paths);
        foreach (var option in Options.Words) Print("words:" + option.Key, option.Value);
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
