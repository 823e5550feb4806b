using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security;
using MSAuth;

static class SignIn
{
    internal static void ByClientSecret()
    {
        using (Client client = Given.Client())
        {
            Token first = Check.Succeeds(client.Connect("ci", Given.ByClientSecret())).Token;
            Token held = Check.Succeeds(client.Acquire("ci", Given.Nothing)).Token;
            Check.Equal(held["access_token"], first["access_token"], "the held token");
            Check.Equal(held["source"], "held", "the held token's source");
            Check.That(held.ExpiresOn > DateTimeOffset.UtcNow, "the token is good");

            AccessToken shown = held.ToAccessToken(false);
            Check.Equal(Plain((SecureString)shown.Token), first["access_token"], "the SecureString");
            Check.Equal(held.ToAccessToken(true).Token, first["access_token"], "the plain text");
            Check.Equal(shown.TokenType, "Bearer", "the token's type");
            Check.Equal(shown.Connection, "ci", "the token's connection");
            Check.Equal(shown.ExpiresOn, held.ExpiresOn, "the token's expiry");

            Connection connection = Check.Succeeds(client.List("ci", Given.Nothing)).Connections[0];
            Check.Equal(connection.Grant, "client_secret", "the connection's grant");
            Check.Equal(connection.ExpiresOn, held.ExpiresOn, "the connection's expiry");
            Check.That(connection.Renewable && !connection.Pending, "the connection is renewable and not pending");

            Check.Equal(Check.Succeeds(client.Disconnect("ci", Given.Nothing)).Token, null, "the token of a disconnect");
            Check.Equal(Check.Succeeds(client.List(Given.Nothing)).Connections.Length, 0, "the number of connections");
            Check.Equal(Check.Fails(client.Acquire("ci", Given.Nothing), "not_found").Category, "ObjectNotFound", "the category");
        }
    }

    /// <summary>What Connect-MSAuth stands on: without a grant a connection signs in again as it did.</summary>
    internal static void AgainAsTheConnectionDid()
    {
        using (Client client = Given.Client())
        {
            Check.Succeeds(client.Connect("ci", Given.ByClientSecret()));
            Check.Equal(Check.Succeeds(client.Connect("ci", Given.Nothing)).Token["source"], "signed_in", "the token's source");
            var vault = new Hashtable { { "resource", "https://vault.azure.net" } };
            AccessToken token = Check.Succeeds(client.Acquire("ci", vault)).Token.ToAccessToken(false);
            Check.Equal(string.Join(" ", token.Scopes), "https://vault.azure.net/.default", "the scopes");

            Check.Succeeds(client.Disconnect("ci", new Hashtable { { "keep", "settings" } }));
            Connection kept = Check.Succeeds(client.List("ci", Given.Nothing)).Connections[0];
            Check.Equal(kept.Grant, "client_secret", "the grant that is kept");
            Check.Equal(kept.ExpiresOn, null, "the expiry of a connection without tokens");

            var begin = Given.ByDeviceCode();
            begin["wait"] = "false";
            Check.Wait(client.Connect("work", begin));
            Connection begun = Check.Succeeds(client.List("work", Given.Nothing)).Connections[0];
            Check.That(begun.Pending && begun.Username == null, "a first sign-in that is only begun is pending, and nobody's");
        }
    }

    /// <summary>Leaves a connection in the store.</summary>
    internal static void ByClientSecretForOthers()
    {
        using (Client client = Given.Client())
        {
            var options = Given.ByClientSecret();
            options["client_id"] = Environment.GetEnvironmentVariable("MSAUTH_CLIENT_ID");
            options["tenant"] = Environment.GetEnvironmentVariable("MSAUTH_TENANT");
            Console.WriteLine(Check.Succeeds(client.Connect("ci", options)).Token["access_token"]);
        }
    }

    /// <summary>The environment's proxy is dead: only an empty option gets past it.</summary>
    internal static void PastTheProxy()
    {
        var options = Options.Defaults(new Hashtable { { "HttpTimeout", 5 } });
        using (var client = new Client(options)) Check.Fails(client.Connect("ci", Given.ByClientSecret()), "network");
        options["proxy"] = "";
        using (var client = new Client(options)) Check.Succeeds(client.Connect("ci", Given.ByClientSecret()));
    }

    /// <summary>Prints the code; somebody approves it meanwhile.</summary>
    internal static void ByDeviceCode()
    {
        using (Client client = Given.Client())
        using (Operation operation = client.Connect("work", Given.ByDeviceCode()))
        {
            int prompts = Check.Wait(operation, () =>
            {
                Check.That(operation["message"].Contains(operation["user_code"]), "the message has the code");
                Check.That(operation["verification_uri"].StartsWith("https://"), "the page is https");
                Check.Equal(operation["no_such_field"], null, "a field that is not there");
                Console.WriteLine(operation["user_code"]);
            });
            Check.Equal(operation.Failure, null, "the failure");
            Check.Equal(prompts, 1, "the number of prompts");
            Console.WriteLine(operation.Token["username"]);
        }
    }

    /// <summary>Begins a sign-in and leaves it pending: it has no expiry yet.</summary>
    internal static void Begin()
    {
        using (Client client = Given.Client())
        {
            var options = Given.ByDeviceCode();
            options["wait"] = "false";
            options["client_id"] = Environment.GetEnvironmentVariable("MSAUTH_CLIENT_ID");
            options["tenant"] = Environment.GetEnvironmentVariable("MSAUTH_TENANT");
            Operation operation = client.Connect("work", options);
            Check.Equal(Check.Wait(operation, () => Console.WriteLine(operation["user_code"])), 1, "the number of prompts");
            Check.Equal(operation.Failure, null, "the failure");
            Check.Equal(operation.Token, null, "the token of a sign-in that is pending");
            Connection connection = Check.Succeeds(client.List("work", Given.Nothing)).Connections[0];
            Check.That(connection.Pending, "the connection is pending");
            Check.Equal(connection.ExpiresOn, null, "the expiry of a pending connection");
            if (Console.ReadLine() == "resume") Finish(client);
        }
    }

    /// <summary>Finishes what another process began.</summary>
    internal static void Resume()
    {
        using (Client client = Given.Client()) Finish(client);
    }

    /// <summary>
    /// Connects as Connect-MSAuth does with the parameters that are read: lines of a type, a parameter and a value, up to an empty
    /// one. Each prompt is printed; what is read after it is the parameters of -Resume, if there are any.
    /// </summary>
    internal static void ByParameters()
    {
        using (Client client = Given.Client())
        {
            Operation operation = client.Connect("it", OptionsOf(ReadParameters()));
            int prompts = Check.Wait(operation, () => Console.WriteLine(operation["message"]));
            if (operation.Failure != null) throw new Exception(operation.Failure.Status + ": " + operation.Failure.Message);
            if (operation.Token == null)
            {
                Check.Equal(prompts, 1, "the number of prompts");
                Check.Equal(Check.Succeeds(client.List("it", Given.Nothing)).Connections[0].Pending, true, "the connection's being pending");
                operation = Check.Succeeds(client.Resume("it", Options.From(ReadParameters())));
            }
            Check.Equal(operation.Token["source"], "signed_in", "the token's source");
            Console.WriteLine(Check.Succeeds(client.List("it", Given.Nothing)).Connections[0].Grant);
        }
    }

    /// <summary>As the script makes options of parameters, where no grant is known.</summary>
    static Hashtable OptionsOf(Dictionary<string, object> parameters)
    {
        Hashtable options = Options.From(parameters);
        object credential;
        if (parameters.TryGetValue("Credential", out credential))
        {
            string[] words = ((string)credential).Split(' ');
            Check.Equal(Options.AddCredential(options, true, null, words[0], Check.Secure(words[1])), null, "the failure");
        }
        return options;
    }

    static Dictionary<string, object> ReadParameters()
    {
        var parameters = new Dictionary<string, object>();
        string line;
        while (!string.IsNullOrEmpty(line = Console.ReadLine()))
        {
            string[] words = line.Split(new[] { ' ' }, 3);
            parameters[words[1]] = Typed(words[0], words[2]);
        }
        return parameters;
    }

    static object Typed(string type, string value)
    {
        switch (type)
        {
            case "string": return value;
            case "securestring": return Check.Secure(value);
            case "switch": return bool.Parse(value);
            case "byte[]": return File.ReadAllBytes(value);
            case "object[]": return File.ReadAllBytes(value).Cast<object>().ToArray();
            default: throw new ArgumentException(type);
        }
    }

    internal static void FromTheKeyring()
    {
        using (Client client = Given.Client()) Console.WriteLine(Check.Succeeds(client.Acquire("ci", Given.Nothing)).Token["access_token"]);
    }

    static void Finish(Client client)
    {
        Console.WriteLine(Check.Succeeds(client.Resume("work", Given.Nothing)).Token["username"]);
        Connection connection = Check.Succeeds(client.List("work", Given.Nothing)).Connections[0];
        Check.That(!connection.Pending && connection.ExpiresOn > DateTimeOffset.UtcNow, "the connection is signed in");
    }

    static string Plain(SecureString secret)
    {
        IntPtr unicode = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try { return Marshal.PtrToStringUni(unicode); }
        finally { Marshal.ZeroFreeGlobalAllocUnicode(unicode); }
    }
}
