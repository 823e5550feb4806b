using System;
using System.Diagnostics;
using System.Security;
using MSAuth;

static class Check
{
    internal static void That(bool holds, string what)
    {
        if (!holds) throw new Exception("Does not hold: " + what);
    }

    internal static void Equal(object actual, object expected, string what)
    {
        if (!Equals(actual, expected)) throw new Exception(string.Format("{0} is {1} and not {2}", what, actual ?? "null", expected ?? "null"));
    }

    /// <summary>Waits as the module does, and says whether a prompt came.</summary>
    internal static int Wait(Operation operation, Action prompt = null)
    {
        int prompts = 0;
        var clock = Stopwatch.StartNew();
        for (;;)
        {
            Progress progress = operation.Wait(200);
            if (progress == Progress.Done || progress == Progress.Failed) return prompts;
            That(clock.Elapsed < TimeSpan.FromSeconds(60), "an operation ends within a minute");
            if (progress != Progress.Prompt) continue;
            prompts++;
            if (prompt != null) prompt();
        }
    }

    /// <summary>Waits for an operation that has to succeed.</summary>
    internal static Operation Succeeds(Operation operation)
    {
        Wait(operation);
        if (operation.Failure != null) throw new Exception(operation.Failure.Status + ": " + operation.Failure.Message);
        return operation;
    }

    /// <summary>Waits for an operation that has to fail.</summary>
    internal static MSAuthException Fails(Operation operation, string status)
    {
        Wait(operation);
        That(operation.Failure != null, "an operation fails with " + status);
        Equal(operation.Failure.Status, status, "the status of " + operation.Failure.Message);
        return operation.Failure;
    }

    internal static SecureString Secure(string text)
    {
        var secure = new SecureString();
        foreach (char character in text) secure.AppendChar(character);
        secure.MakeReadOnly();
        return secure;
    }
}
