using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using MSAuth;

static class Freeing
{
    internal static void InAnyOrder()
    {
        Client client = Given.Client();
        Token token = Check.Succeeds(client.Connect("ci", Given.ByClientSecret())).Token;
        Operation held = Check.Succeeds(client.Acquire("ci", Given.Nothing));
        Operation running = client.Connect("work", Given.ByDeviceCode());
        Operation onItsOwn = client.Connect("ci", Given.ByClientSecret());

        client.Dispose();
        Check.Succeeds(onItsOwn).Dispose();
        running.Dispose();
        running.Dispose();
        held.Dispose();
        Check.Equal(held.Token["access_token"], token["access_token"], "a token whose client and operation are gone");
        held.Token.Dispose();
        onItsOwn.Token.Dispose();
        token.Dispose();
        token.Dispose();
    }

    /// <summary>What nobody disposes of is freed by finalizers, and what ran ends: neither threads nor descriptors stay.</summary>
    internal static void ByFinalizers()
    {
        Client client = Given.Client();
        string text = Check.Succeeds(client.Connect("ci", Given.ByClientSecret())).Token["access_token"];
        Collect();
        int threads = Threads, descriptors = Descriptors;

        Abandon(client, running: 20, held: 1000);
        // Tokens are taken and read while finalizers free others.
        bool reading = true;
        var collector = new Thread(() =>
        {
            while (Volatile.Read(ref reading))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        for (int i = 0; i < 3000; i++) Check.Equal(Check.Succeeds(client.Acquire("ci", Given.Nothing)).Token["access_token"], text, "the token");
        Volatile.Write(ref reading, false);
        collector.Join();
        Collect();

        var clock = Stopwatch.StartNew();
        // Some threads are the runtime's own: it may have started one or two more.
        while (Threads > threads + 4 || Descriptors > descriptors + 4)
        {
            Check.That(clock.ElapsedMilliseconds < 5000, string.Format("threads {0} -> {1}, descriptors {2} -> {3}", threads, Threads, descriptors, Descriptors));
            Thread.Sleep(20);
        }
        client.Dispose();
    }

    // Not inlined: what it names would live as long as its caller.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Abandon(Client client, int running, int held)
    {
        for (int i = 0; i < running; i++)
            Check.Equal(client.Connect("work" + i, Given.ByDeviceCode()).Wait(-1), Progress.Prompt, "the first answer");
        for (int i = 0; i < held; i++) Check.That(Check.Succeeds(client.Acquire("ci", Given.Nothing)).Token != null, "there is a token");
    }

    static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    static int Threads { get { return Directory.GetDirectories("/proc/self/task").Length; } }

    static int Descriptors { get { return Directory.GetFileSystemEntries("/proc/self/fd").Length; } }
}
