using System;
using System.Collections;
using MSAuth;

static class Refusals
{
    internal static void AreValues()
    {
        using (Client client = Given.Client())
        {
            var options = Given.ByClientSecret();
            options["client_secret"] = Check.Secure("wrong");
            MSAuthException refusal = Check.Fails(client.Connect("ci", options), "bad_credential");
            Check.Equal(refusal.Category, "AuthenticationError", "the category");
            Check.Equal(refusal.ErrorCode, "invalid_client", "the service's error");
            Check.Equal(refusal.Aadsts, 7000215L, "the AADSTS number");
            Check.Equal(refusal.HttpStatus, 401L, "the HTTP status");
            Check.Equal(refusal.RetryAfter, null, "the seconds to wait");
            Check.That(!string.IsNullOrEmpty(refusal.Hint), "there is a hint");
            Check.That(!string.IsNullOrEmpty(refusal.CorrelationId), "there is a correlation ID");
            Check.That(!refusal.ToString().Contains("wrong"), "the secret is not in the error");

            Check.Fails(client.Connect("ci", new Hashtable { { "clientid", "x" } }), "invalid_argument");
            var wrapped = new Hashtable { { "grant", new System.Management.Automation.PSObject("magic") } };
            Check.That(Check.Fails(client.Connect("ci", wrapped), "invalid_argument").Message.Contains("magic"), "the message has the value");
            Check.Fails(client.Acquire("not a name", Given.Nothing), "invalid_argument");
        }
        using (var client = new Client(new Hashtable { { "http_timeout", "never" } }))
        {
            Check.Fails(client.Acquire("ci", Given.Nothing), "invalid_argument");
            Check.Fails(client.List(Given.Nothing), "invalid_argument");
        }
    }

    /// <summary>For each number that is read: the category that the module has for it.</summary>
    internal static void HaveCategories()
    {
        string number;
        while ((number = Console.ReadLine()) != null) Console.WriteLine("{0} {1}", number, MSAuthException.CategoryOf(int.Parse(number)));
    }
}
