using System;
using System.Reflection;
using MSAuth;

static class Loading
{
    /// <summary>As MSAuth.psm1 does it. The method is younger than what mcs compiles against.</summary>
    internal static void ByPath()
    {
        Type loader = typeof(object).Assembly.GetType("System.Runtime.InteropServices.NativeLibrary", true);
        MethodInfo load = loader.GetMethod("Load", new[] { typeof(string) });
        load.Invoke(null, new object[] { Environment.GetEnvironmentVariable("MSAUTH_LIBRARY") });
        Console.WriteLine(Library.Version);
    }
}
