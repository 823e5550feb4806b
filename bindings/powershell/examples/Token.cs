// Prints an access token of a connection, through the module's own layer:
//   mcs -out:Token.exe Token.cs ../MSAuth/MSAuth.cs && mono Token.exe work
using System;
using System.Collections;

static class Token
{
    static int Main(string[] arguments)
    {
        string name = arguments.Length > 0 ? arguments[0] : "default";
        using (var client = new MSAuth.Client(MSAuth.Options.Defaults(null)))
        using (MSAuth.Operation operation = client.Acquire(name, new Hashtable()))
        {
            operation.Wait(-1);
            if (operation.Failure == null) Console.WriteLine(operation.Token["access_token"]);
            else Console.Error.WriteLine("{0} {1}", operation.Failure.Message, operation.Failure.Hint);
            return operation.Failure == null ? 0 : operation.Failure.StatusNumber;
        }
    }
}
