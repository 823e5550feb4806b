// Everything of the module that is not script. C# 6, so that Debian's mcs compiles it into MSAuth.dll, and Add-Type where that is
// missing. Failures are values: what a script function catches still lands in $Error and in the caller's -ErrorVariable.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace MSAuth
{
    /// <summary>The C functions, in the header's order. Strings are NUL-terminated UTF-8 bytes both ways.</summary>
    internal static class Native
    {
        // With ".so" in the name the runtime adds nothing to it. A copy loaded by path before the first call answers to this name,
        // because the loader compares SONAMEs.
        const string Library = "libmsauth.so.0";

        [DllImport(Library)] internal static extern IntPtr msauth_version();
        [DllImport(Library)] internal static extern IntPtr msauth_status_name(int status);
        [DllImport(Library)] internal static extern IntPtr msauth_error_message(IntPtr error);
        [DllImport(Library)] internal static extern IntPtr msauth_error_get(IntPtr error, byte[] name);
        [DllImport(Library)] internal static extern void msauth_error_free(IntPtr error);
        [DllImport(Library)] internal static extern OptionsHandle msauth_options_new();
        [DllImport(Library)] internal static extern int msauth_options_set_bytes(OptionsHandle options, byte[] name, byte[] bytes, UIntPtr length, out IntPtr error);
        [DllImport(Library)] internal static extern void msauth_options_free(IntPtr options);
        [DllImport(Library)] internal static extern int msauth_client_new(OptionsHandle options, out ClientHandle client, out IntPtr error);
        [DllImport(Library)] internal static extern void msauth_client_free(IntPtr client);
        [DllImport(Library)] internal static extern int msauth_connect(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);
        [DllImport(Library)] internal static extern int msauth_resume(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);
        [DllImport(Library)] internal static extern int msauth_acquire(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);
        [DllImport(Library)] internal static extern int msauth_disconnect(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);
        [DllImport(Library)] internal static extern int msauth_list(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);
        [DllImport(Library)] internal static extern UIntPtr msauth_connections_count(ConnectionsHandle connections);
        [DllImport(Library)] internal static extern IntPtr msauth_connections_get(ConnectionsHandle connections, UIntPtr index, byte[] field);
        [DllImport(Library)] internal static extern void msauth_connections_free(IntPtr connections);
        [DllImport(Library)] internal static extern int msauth_operation_wait(OperationHandle operation, int timeoutMs, out TokenHandle token, out IntPtr error);
        [DllImport(Library)] internal static extern IntPtr msauth_operation_get(OperationHandle operation, byte[] name);
        [DllImport(Library)] internal static extern ConnectionsHandle msauth_operation_connections(OperationHandle operation);
        [DllImport(Library)] internal static extern void msauth_operation_cancel(OperationHandle operation);
        [DllImport(Library)] internal static extern void msauth_operation_free(IntPtr operation);
        [DllImport(Library)] internal static extern IntPtr msauth_token_get(TokenHandle token, byte[] name);
        [DllImport(Library)] internal static extern long msauth_token_expires_on(TokenHandle token);
        [DllImport(Library)] internal static extern void msauth_token_free(IntPtr token);

        internal static byte[] Utf8(string text)
        {
            return text == null ? null : Encoding.UTF8.GetBytes(text + "\0");
        }

        internal static string Text(IntPtr utf8)
        {
            if (utf8 == IntPtr.Zero) return null;
            int length = 0;
            while (Marshal.ReadByte(utf8, length) != 0) length++;
            var bytes = new byte[length];
            Marshal.Copy(utf8, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }

        /// <summary>A text that lives as long as its owner, whom the garbage collector may take as soon as nothing names it.</summary>
        internal static string Text(SafeHandle owner, IntPtr utf8)
        {
            try { return Text(utf8); }
            finally { GC.KeepAlive(owner); }
        }

        /// <summary>The one place that turns a status into an error; it frees the C one. Null is success.</summary>
        internal static MSAuthException Failure(int status, IntPtr error)
        {
            if (status == 0) return null;
            try { return new MSAuthException(status, error); }
            finally { msauth_error_free(error); }
        }
    }

    // Finalizers free these from a thread of their own, at any time and in any order: the library's _free never waits.
    internal abstract class Handle : SafeHandle
    {
        protected Handle() : base(IntPtr.Zero, true) { }
        public override bool IsInvalid { get { return handle == IntPtr.Zero; } }
    }
    internal sealed class OptionsHandle : Handle { protected override bool ReleaseHandle() { Native.msauth_options_free(handle); return true; } }
    internal sealed class ClientHandle : Handle { protected override bool ReleaseHandle() { Native.msauth_client_free(handle); return true; } }
    internal sealed class OperationHandle : Handle { protected override bool ReleaseHandle() { Native.msauth_operation_free(handle); return true; } }
    internal sealed class TokenHandle : Handle { protected override bool ReleaseHandle() { Native.msauth_token_free(handle); return true; } }
    internal sealed class ConnectionsHandle : Handle { protected override bool ReleaseHandle() { Native.msauth_connections_free(handle); return true; } }

    public static class Library
    {
        /// <summary>The version of the library that was loaded.</summary>
        public static string Version { get { return Native.Text(Native.msauth_version()); } }
    }

    /// <summary>What went wrong. It is handed out as a value and not thrown.</summary>
    public sealed class MSAuthException : Exception
    {
        const int InvalidArgument = 2;

        readonly Dictionary<string, string> fields = new Dictionary<string, string>();

        internal MSAuthException(int number, IntPtr error) : base(Native.Text(Native.msauth_error_message(error)))
        {
            StatusNumber = number;
            Status = Native.Text(Native.msauth_status_name(number));
            foreach (string name in new[] { "hint", "error_code", "suberror", "aadsts", "claims", "correlation_id", "trace_id", "retry_after", "http_status" })
                fields[name] = Native.Text(Native.msauth_error_get(error, Native.Utf8(name)));
        }

        /// <summary>An argument that cannot even be handed to the library.</summary>
        internal MSAuthException(string message, string hint) : base(message)
        {
            StatusNumber = InvalidArgument;
            Status = Native.Text(Native.msauth_status_name(InvalidArgument));
            fields["hint"] = hint;
        }

        public int StatusNumber { get; private set; }

        /// <summary>The status's name, such as not_found.</summary>
        public string Status { get; private set; }

        /// <summary>What to do next.</summary>
        public string Hint { get { return Field("hint"); } }

        /// <summary>The service's error, RFC 6749 section 5.2.</summary>
        public string ErrorCode { get { return Field("error_code"); } }

        public string Suberror { get { return Field("suberror"); } }
        public long? Aadsts { get { return Values.Number(Field("aadsts")); } }

        /// <summary>The claims that a new sign-in must satisfy: for -Claims.</summary>
        public string Claims { get { return Field("claims"); } }

        public string CorrelationId { get { return Field("correlation_id"); } }
        public string TraceId { get { return Field("trace_id"); } }

        /// <summary>How many seconds to wait before another try.</summary>
        public long? RetryAfter { get { return Values.Number(Field("retry_after")); } }

        public long? HttpStatus { get { return Values.Number(Field("http_status")); } }

        /// <summary>The name of PowerShell's ErrorCategory for this status.</summary>
        public string Category { get { return CategoryOf(StatusNumber); } }

        public static string CategoryOf(int status)
        {
            switch (status)
            {
                case 1: return "InvalidResult";
                case 2: return "InvalidArgument";
                case 3: return "ResourceUnavailable";
                case 4: return "LimitsExceeded";
                case 12: return "AuthenticationError";
                case 13: return "PermissionDenied";
                case 14: return "OperationTimeout";
                case 15: return "OperationStopped";
                case 16: return "AuthenticationError";
                case 20: return "ConnectionError";
                case 21: return "QuotaExceeded";
                case 22: return "ResourceUnavailable";
                case 30: return "InvalidOperation";
                case 31: return "AuthenticationError";
                case 32: return "AuthenticationError";
                case 33: return "NotEnabled";
                case 34: return "SecurityError";
                case 35: return "InvalidData";
                case 40: return "ResourceUnavailable";
                case 41: return "ResourceUnavailable";
                case 42: return "InvalidData";
                case 43: return "ObjectNotFound";
                case 44: return "WriteError";
                case 45: return "ResourceBusy";
                case 50: return "ResourceUnavailable";
                case 51: return "NotInstalled";
                default: return CategoryOfTen(status / 10);
            }
        }

        /// <summary>A later release may add statuses: one that is not known belongs to its ten.</summary>
        static string CategoryOfTen(int ten)
        {
            switch (ten)
            {
                case 1: return "AuthenticationError";
                case 2: return "ConnectionError";
                case 3: return "AuthenticationError";
                case 4: return "ResourceUnavailable";
                case 5: return "ResourceUnavailable";
                default: return "NotSpecified";
            }
        }

        string Field(string name)
        {
            string value;
            fields.TryGetValue(name, out value);
            return value;
        }
    }

    /// <summary>From the library's texts to .NET's types, and from PowerShell's values to the library's bytes.</summary>
    internal static class Values
    {
        internal static long? Number(string text)
        {
            long number;
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ? number : (long?)null;
        }

        internal static DateTimeOffset? Time(string text)
        {
            long? seconds = Number(text);
            return seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : (DateTimeOffset?)null;
        }

        internal static string[] List(string text)
        {
            return text == null ? new string[0] : text.Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries);
        }

        /// <summary>What is inside the PSObject that PowerShell puts around some values. A secret must not become its type's name.</summary>
        internal static object Unwrapped(object value)
        {
            if (value == null || value.GetType().FullName != "System.Management.Automation.PSObject") return value;
            return value.GetType().GetProperty("BaseObject").GetValue(value, null);
        }

        /// <summary>A value as an option has it: a SecureString or bytes as they are, all else as text.</summary>
        internal static object Plain(object value)
        {
            value = Unwrapped(value);
            if (value == null || value is string || value is SecureString || value is byte[]) return value;
            var list = value as IEnumerable;
            if (list == null)
            {
                string text = Convert.ToString(value, CultureInfo.InvariantCulture);
                return text == bool.TrueString || text == bool.FalseString ? text.ToLowerInvariant() : text;
            }
            var words = new List<object>();
            foreach (object word in list) words.Add(Unwrapped(word));
            // A pipeline makes an array of objects of the bytes of a file.
            if (words.Count > 0 && words.TrueForAll(word => word is byte)) return words.ConvertAll(word => (byte)word).ToArray();
            return string.Join(" ", words.ConvertAll(word => Convert.ToString(word, CultureInfo.InvariantCulture)));
        }

        /// <summary>A copy of a plain value in UTF-8, which the caller wipes after use.</summary>
        internal static byte[] Bytes(object value)
        {
            var bytes = value as byte[];
            if (bytes != null) return (byte[])bytes.Clone();
            var secret = value as SecureString;
            if (secret == null) return Encoding.UTF8.GetBytes((string)value);
            IntPtr unicode = Marshal.SecureStringToGlobalAllocUnicode(secret);
            var characters = new char[secret.Length];
            try
            {
                Marshal.Copy(unicode, characters, 0, characters.Length);
                return Encoding.UTF8.GetBytes(characters);
            }
            finally
            {
                Marshal.ZeroFreeGlobalAllocUnicode(unicode);
                Array.Clear(characters, 0, characters.Length);
            }
        }
    }

    /// <summary>The library's options, by what PowerShell calls them: -ClientId is client_id, -NoWait is wait=false.</summary>
    public static class Options
    {
        // Made by generate.py from msauth_describe(): do not edit.
        public static readonly string[] Names =
        {
            "grant", "client_id", "tenant", "authority", "cloud", "scopes", "resource", "service", "url", "client_secret",
            "keep_credentials", "cae", "broker_id", "broker_token", "broker_key", "broker_app", "broker_url",
            "client_certificate", "client_certificate_key", "client_certificate_data", "client_certificate_password",
            "certificate_thumbprint", "certificate_algorithm", "send_certificate_chain", "client_certificate_key_uri",
            "object_id", "resource_id", "managed_identity_source", "redirect_uri", "port", "response_mode", "domain_hint",
            "validate_id_token", "authority_type", "authority_validation", "region", "sharepoint_host", "assertion_source",
            "assertion_file", "assertion_command", "assertion_variable", "assertion_audience", "client_assertion",
            "service_connection_id", "system_access_token", "managed_identity_client_id", "aks_token_proxy", "username",
            "password", "refresh_token", "access_token", "wait", "timeout", "claims", "min_validity", "refresh", "keep",
            "correlation_id", "redirect", "prompt", "login_hint", "browser", "admin_consent", "probe", "user_assertion",
            "store", "store_prompt", "store_plain_session", "store_timeout", "ca_file", "proxy", "no_proxy", "connect_timeout",
            "http_timeout", "application", "log"
        };

        /// <summary>The environment variables that options come from.</summary>
        public static readonly Dictionary<string, string> Variables = new Dictionary<string, string>
        {
            { "client_id", "MSAUTH_CLIENT_ID" },
            { "tenant", "MSAUTH_TENANT" },
            { "authority", "MSAUTH_AUTHORITY" },
            { "cloud", "MSAUTH_CLOUD" },
            { "store", "MSAUTH_STORE" },
            { "ca_file", "MSAUTH_CA_FILE" },
            { "log", "MSAUTH_LOG" },
        };

        /// <summary>Those that are paths, which PowerShell means from its own location.</summary>
        public static readonly string[] Paths =
        {
            "client_certificate", "client_certificate_key", "assertion_file", "ca_file"
        };

        /// <summary>Words of options. The library cares for capitals, PowerShell does not.</summary>
        public static readonly Dictionary<string, string[]> Words = new Dictionary<string, string[]>
        {
            { "grant", new[] { "interactive", "authorization_code", "device_code", "client_secret", "token_broker", "certificate", "managed_identity", "federated", "workload_identity", "password", "on_behalf_of", "refresh_token", "access_token" } },
            { "cloud", new[] { "public", "gcc", "gcc_high", "dod", "china", "germany", "sovereign_fr", "sovereign_de", "sovereign_sg" } },
            { "service", new[] { "graph", "azure", "management", "keyvault", "storage", "sql", "exchange", "powerbi", "loganalytics", "activity", "defender", "defender_endpoint", "teams", "devops", "aad", "sharepoint", "sharepoint_admin" } },
            { "certificate_algorithm", new[] { "PS256", "RS256" } },
            { "managed_identity_source", new[] { "auto", "imds", "app_service", "arc", "cloud_shell", "azure_ml", "service_fabric" } },
            { "response_mode", new[] { "query", "form_post" } },
            { "validate_id_token", new[] { "claims", "signature" } },
            { "authority_type", new[] { "auto", "b2c", "oidc" } },
            { "authority_validation", new[] { "none", "discovery" } },
            { "assertion_source", new[] { "program", "file", "command", "variable", "github_actions", "azure_pipelines", "managed_identity" } },
            { "keep", new[] { "nothing", "settings" } },
            { "prompt", new[] { "login", "select_account", "consent", "create", "none" } },
            { "store", new[] { "secret-service", "memory" } },
        };
        // The end of what generate.py makes.

        /// <summary>The options among a function's bound parameters. The others are left out.</summary>
        public static Hashtable From(IDictionary parameters)
        {
            var options = new Hashtable();
            foreach (DictionaryEntry parameter in parameters)
            {
                var given = (string)parameter.Key;
                object value = Values.Plain(parameter.Value);
                string name = Find(given);
                if (name == null && given.StartsWith("No", StringComparison.Ordinal))
                {
                    name = Find(given.Substring(2));
                    value = "true".Equals(value) ? "false" : "true";
                }
                if (name != null && value != null) options[name] = InWords(name, value);
            }
            return options;
        }

        /// <summary>
        /// Adds what a PSCredential stands for: with the grant password a user and the password, with any other an application and its
        /// secret. Without a grant among the options, `known` is the one of the connection or of $MSAuthPreference, or null.
        /// </summary>
        public static MSAuthException AddCredential(IDictionary options, bool connects, string known, string name, SecureString secret)
        {
            bool isUser = (options["grant"] as string ?? known) == "password";
            string who = isUser ? "username" : "client_id";
            string what = isUser ? "password" : "client_secret";
            foreach (string option in new[] { who, what })
                if (options.Contains(option))
                    return new MSAuthException("-Credential and -" + Pascal(option) + " both give the " + option + ".", "Leave one of them out.");
            if (connects && !options.Contains("grant")) options["grant"] = isUser ? "password" : "client_secret";
            // A connection knows its user.
            if (connects || !isUser) options[who] = name;
            options[what] = secret;
            return null;
        }

        /// <summary>The defaults of a session: the environment's, and over them those of $MSAuthPreference, which may be null.</summary>
        public static Hashtable Defaults(IDictionary preference)
        {
            // The runtime's environment, not the process's: what $env: sets is only there.
            var options = new Hashtable();
            foreach (KeyValuePair<string, string> variable in Variables)
            {
                string value = Environment.GetEnvironmentVariable(variable.Value);
                if (!string.IsNullOrEmpty(value)) options[variable.Key] = value;
            }
            foreach (DictionaryEntry entry in preference ?? new Hashtable())
            {
                string given = Convert.ToString(entry.Key, CultureInfo.InvariantCulture);
                object value = Values.Plain(entry.Value);
                // A name that is not known goes on: the library refuses it and says which is the nearest.
                string name = Find(given) ?? given;
                if (value != null) options[name] = InWords(name, value);
            }
            return options;
        }

        static string Find(string given)
        {
            string bare = given.Replace("_", "");
            return Array.Find(Names, name => string.Equals(name.Replace("_", ""), bare, StringComparison.OrdinalIgnoreCase));
        }

        /// <summary>A word as the library writes it. One that is not known goes on: the library refuses it.</summary>
        static object InWords(string name, object value)
        {
            string[] words;
            if (!Words.TryGetValue(name, out words)) return value;
            return Array.Find(words, word => string.Equals(word, value as string, StringComparison.OrdinalIgnoreCase)) ?? value;
        }

        static string Pascal(string name)
        {
            return string.Concat(Array.ConvertAll(name.Split('_'), word => char.ToUpperInvariant(word[0]) + word.Substring(1)));
        }

        internal static MSAuthException ToNative(IDictionary values, out OptionsHandle native)
        {
            native = Native.msauth_options_new();
            foreach (DictionaryEntry entry in values)
            {
                byte[] bytes = Values.Bytes(Values.Unwrapped(entry.Value));
                IntPtr error;
                int status = Native.msauth_options_set_bytes(native, Native.Utf8((string)entry.Key), bytes, (UIntPtr)(ulong)bytes.Length, out error);
                Array.Clear(bytes, 0, bytes.Length);
                if (status != 0) return Native.Failure(status, error);
            }
            return null;
        }
    }

    /// <summary>The clients of one PowerShell session: one for each set of defaults, so that connections in memory outlive a change of them.</summary>
    public sealed class Session : IDisposable
    {
        readonly List<Client> clients = new List<Client>();

        /// <summary>The client for what $MSAuthPreference and the environment say now.</summary>
        public Client Client(object preference)
        {
            object given = Values.Unwrapped(preference);
            if (given != null && !(given is IDictionary))
                return new Client(new MSAuthException("$MSAuthPreference is not a hashtable.", "Write it as @{ Store = 'memory' }, or remove it."));
            Hashtable options = Options.Defaults((IDictionary)given);
            Client client = clients.Find(known => known.Has(options));
            if (client == null) clients.Add(client = new Client(options));
            return client;
        }

        public void Dispose() { clients.ForEach(client => client.Dispose()); }
    }

    /// <summary>Starts operations. Every call answers with one at once; what is wrong is told by waiting for it.</summary>
    public sealed class Client : IDisposable
    {
        readonly object gate = new object();
        readonly IDictionary options;
        readonly MSAuthException refusal;
        ClientHandle handle;

        /// <summary>Does nothing yet: the first use opens the client, and is told if an option is wrong.</summary>
        public Client(IDictionary options) { this.options = options; }

        internal Client(MSAuthException refusal) { this.refusal = refusal; }

        public Operation Connect(string name, IDictionary options) { return Start(Native.msauth_connect, name, options); }
        public Operation Resume(string name, IDictionary options) { return Start(Native.msauth_resume, name, options); }
        public Operation Acquire(string name, IDictionary options) { return Start(Native.msauth_acquire, name, options); }
        public Operation Disconnect(string name, IDictionary options) { return Start(Native.msauth_disconnect, name, options); }
        public Operation List(string name, IDictionary options) { return Start(Native.msauth_list, name, options); }

        /// <summary>Lists all. PowerShell makes an empty string of a null for a name.</summary>
        public Operation List(IDictionary options) { return Start(Native.msauth_list, null, options); }

        /// <summary>The grant that $MSAuthPreference names, for a connection that has none.</summary>
        public string Grant { get { return options == null ? null : options["grant"] as string; } }

        public void Dispose() { if (handle != null) handle.Dispose(); }

        internal bool Has(IDictionary others)
        {
            if (others.Count != options.Count) return false;
            foreach (DictionaryEntry other in others) if (!other.Value.Equals(options[other.Key])) return false;
            return true;
        }

        MSAuthException Open()
        {
            lock (gate)
            {
                if (handle != null || refusal != null) return refusal;
                OptionsHandle native;
                MSAuthException failure = Options.ToNative(options, out native);
                using (native)
                {
                    if (failure != null) return failure;
                    ClientHandle opened;
                    IntPtr error;
                    int status = Native.msauth_client_new(native, out opened, out error);
                    if (status == 0) handle = opened;
                    return Native.Failure(status, error);
                }
            }
        }

        delegate int Starter(ClientHandle client, byte[] name, OptionsHandle options, out OperationHandle operation, out IntPtr error);

        Operation Start(Starter start, string name, IDictionary options)
        {
            MSAuthException failure = Open();
            if (failure != null) return new Operation(failure);
            OptionsHandle native;
            failure = Options.ToNative(options, out native);
            using (native)
            {
                if (failure != null) return new Operation(failure);
                OperationHandle operation;
                IntPtr error;
                int status = start(handle, Native.Utf8(name), native, out operation, out error);
                return status == 0 ? new Operation(operation) : new Operation(Native.Failure(status, error));
            }
        }
    }

    public enum Progress { Done, Pending, Prompt, Failed }

    /// <summary>Something that takes time. It is waited for by one thread; Dispose, which cancels, is for any.</summary>
    public sealed class Operation : IDisposable
    {
        readonly OperationHandle handle;
        bool done;

        internal Operation(OperationHandle handle) { this.handle = handle; }
        internal Operation(MSAuthException failure) { Failure = failure; }

        /// <summary>There once Wait has answered Done, unless the operation has no token to give.</summary>
        public Token Token { get; private set; }

        /// <summary>There once Wait has answered Done for a list.</summary>
        public Connection[] Connections { get; private set; }

        /// <summary>There once Wait has answered Failed.</summary>
        public MSAuthException Failure { get; private set; }

        /// <summary>Waits at most so long; below 0: to the end. PowerShell can stop the pipeline only between two calls: keep them short.</summary>
        public Progress Wait(int milliseconds)
        {
            if (Failure != null) return Progress.Failed;
            if (done) return Progress.Done;
            bool held = false;
            try
            {
                // Dispose may come from another thread at any moment: the handle stays open until this has read all it needs.
                handle.DangerousAddRef(ref held);
                TokenHandle token;
                IntPtr error;
                int status = Native.msauth_operation_wait(handle, milliseconds, out token, out error);
                if (status == -1) return Progress.Pending;
                if (status == -2) return Progress.Prompt;
                done = true;
                Failure = Native.Failure(status, error);
                if (Failure != null) return Progress.Failed;
                if (!token.IsInvalid) Token = new Token(token);
                using (ConnectionsHandle list = Native.msauth_operation_connections(handle)) Connections = list.IsInvalid ? null : Connection.All(list);
                return Progress.Done;
            }
            finally
            {
                if (held) handle.DangerousRelease();
            }
        }

        /// <summary>One field of the last prompt, such as message or user_code.</summary>
        public string this[string name]
        {
            get { return handle == null ? null : Native.Text(handle, Native.msauth_operation_get(handle, Native.Utf8(name))); }
        }

        /// <summary>Cancels what has not finished. A Wait of another thread then answers Failed, with the status cancelled.</summary>
        public void Dispose()
        {
            if (handle == null || handle.IsClosed) return;
            try { if (!done) Native.msauth_operation_cancel(handle); }
            catch (ObjectDisposedException) { /* Another thread was faster. */ }
            handle.Dispose();
        }
    }

    /// <summary>A token as the library holds it.</summary>
    public sealed class Token : IDisposable
    {
        readonly TokenHandle handle;

        internal Token(TokenHandle handle) { this.handle = handle; }

        public string this[string name] { get { return Native.Text(handle, Native.msauth_token_get(handle, Native.Utf8(name))); } }

        public DateTimeOffset ExpiresOn { get { return DateTimeOffset.FromUnixTimeSeconds(Native.msauth_token_expires_on(handle)); } }

        /// <summary>The access token, which on its way is never a string. The library lets none pass that is not ASCII.</summary>
        public SecureString ToSecureString()
        {
            var secure = new SecureString();
            IntPtr text = Native.msauth_token_get(handle, Native.Utf8("access_token"));
            byte letter;
            for (int at = 0; (letter = Marshal.ReadByte(text, at)) != 0; at++) secure.AppendChar((char)letter);
            GC.KeepAlive(handle);
            secure.MakeReadOnly();
            return secure;
        }

        public AccessToken ToAccessToken(bool asPlainText) { return new AccessToken(this, asPlainText); }

        public void Dispose() { handle.Dispose(); }
    }

    /// <summary>What Get-MSAuthToken gives.</summary>
    public sealed class AccessToken
    {
        internal AccessToken(Token token, bool asPlainText)
        {
            Token = asPlainText ? (object)token["access_token"] : token.ToSecureString();
            TokenType = token["token_type"];
            ExpiresOn = token.ExpiresOn;
            Scopes = Values.List(token["scopes"]);
            Tenant = token["tenant"];
            Username = token["username"];
            Connection = token["connection"];
            Source = token["source"];
        }

        /// <summary>A SecureString, or with -AsPlainText a string.</summary>
        public object Token { get; private set; }

        public string TokenType { get; private set; }
        public DateTimeOffset ExpiresOn { get; private set; }
        public string[] Scopes { get; private set; }
        public string Tenant { get; private set; }
        public string Username { get; private set; }
        public string Connection { get; private set; }
        public string Source { get; private set; }
    }

    /// <summary>What Get-MSAuthConnection gives: nothing secret. What a connection does not have is null.</summary>
    public sealed class Connection
    {
        Connection(ConnectionsHandle list, int index)
        {
            Func<string, string> field = name => Native.Text(list, Native.msauth_connections_get(list, (UIntPtr)(uint)index, Native.Utf8(name)));
            Name = field("name");
            Grant = field("grant");
            ClientId = field("client_id");
            Tenant = field("tenant");
            Authority = field("authority");
            Scopes = Values.List(field("scopes"));
            Username = field("username");
            HomeAccountId = field("home_account_id");
            ExpiresOn = Values.Time(field("expires_on"));
            Renewable = field("renewable") == "true";
            Pending = field("pending") == "true";
            Store = field("store");
            Problem = field("problem");
        }

        internal static Connection[] All(ConnectionsHandle list)
        {
            var all = new Connection[(int)Native.msauth_connections_count(list)];
            for (int index = 0; index < all.Length; index++) all[index] = new Connection(list, index);
            return all;
        }

        public string Name { get; private set; }
        public string Grant { get; private set; }
        public string ClientId { get; private set; }
        public string Tenant { get; private set; }
        public string Authority { get; private set; }
        public string[] Scopes { get; private set; }
        public string Username { get; private set; }
        public string HomeAccountId { get; private set; }

        /// <summary>When its longest-lived access token expires; null while there is none, as in a sign-in that is pending.</summary>
        public DateTimeOffset? ExpiresOn { get; private set; }

        public bool Renewable { get; private set; }
        public bool Pending { get; private set; }
        public string Store { get; private set; }
        public string Problem { get; private set; }
    }
}
