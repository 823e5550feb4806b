using System;
using System.Collections.Generic;

/// <summary>Runs the test that is named. A check that does not hold is an exception, and the exit status is not 0.</summary>
static class Program
{
    static readonly Dictionary<string, Action> tests = new Dictionary<string, Action>
    {
        { "again", SignIn.AgainAsTheConnectionDid },
        { "bytes", Naming.BytesStayBytes },
        { "cancel", Cancelling.EndsAWaitOfAnotherThread },
        { "client-secret", SignIn.ByClientSecret },
        { "connect", SignIn.ByClientSecretForOthers },
        { "begin", SignIn.Begin },
        { "credential", Naming.ACredentialIsAUserOrAnApplication },
        { "defaults", Naming.DefaultsComeFromPreferenceThenEnvironment },
        { "device-code", SignIn.ByDeviceCode },
        { "free", Freeing.InAnyOrder },
        { "garbage", Freeing.ByFinalizers },
        { "keyring", SignIn.FromTheKeyring },
        { "load-by-path", Loading.ByPath },
        { "by-parameters", SignIn.ByParameters },
        { "parameters", Naming.ParametersBecomeOptions },
        { "past-the-proxy", SignIn.PastTheProxy },
        { "refused", Refusals.AreValues },
        { "resume", SignIn.Resume },
        { "session", Naming.ASessionKeepsItsClients },
        { "statuses", Refusals.HaveCategories },
        { "vocabulary", Naming.Print },
        { "words", Naming.WordsHaveNoCapitals },
    };

    static void Main(string[] arguments)
    {
        tests[arguments[0]]();
        Console.WriteLine("done");
    }
}
