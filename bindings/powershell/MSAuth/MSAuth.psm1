# No cmdlet runs while the module is imported: each would load another module first.
using namespace System.Management.Automation

Set-StrictMode -Version 3.0

# A chosen library, the one beside the module, or the system's. Loaded by path first, it then answers to its SONAME.
$library = $env:MSAUTH_LIBRARY
if (-not $library) {
    $library = 'libmsauth.so.0'
    if ([System.IO.File]::Exists("$PSScriptRoot/$library")) { $library = "$PSScriptRoot/$library" }
}
$loaded = [IntPtr]::Zero
if (-not [System.Runtime.InteropServices.NativeLibrary]::TryLoad($library, [ref] $loaded)) {
    throw "MSAuth cannot load '$library'. Install libmsauth, or name the library's path in the environment variable MSAUTH_LIBRARY."
}
if ([System.IO.File]::Exists("$PSScriptRoot/MSAuth.dll")) {
    $null = [System.Reflection.Assembly]::LoadFrom("$PSScriptRoot/MSAuth.dll")
}
else {
    Add-Type -LiteralPath "$PSScriptRoot/MSAuth.cs"
}

$session = [MSAuth.Session]::new()
$ExecutionContext.SessionState.Module.OnRemove = { $session.Dispose() }

# The client for what $MSAuthPreference and the environment say now. The variable is looked for where the caller stands, as
# PowerShell's own preferences are; a module sees only the global ones by itself.
function Get-Client([PSCmdlet] $Caller) {
    $session.Client($Caller.SessionState.PSVariable.GetValue('MSAuthPreference'))
}

# Waits in slices: Ctrl-C stops the pipeline between two of them and runs the finally block, which cancels.
# The operation comes back with its result, or with what failed.
function Wait-Operation([MSAuth.Operation] $Operation) {
    try {
        while (($progress = $Operation.Wait(200)) -notin 'Done', 'Failed') {
            if ($progress -eq 'Prompt') { Write-Information $Operation['message'] -InformationAction Continue }
        }
    }
    finally { $Operation.Dispose() }
    $Operation
}

function ConvertTo-ErrorRecord([MSAuth.MSAuthException] $Failure, $Target) {
    $record = [ErrorRecord]::new($Failure, $Failure.Status, [ErrorCategory] $Failure.Category, $Target)
    $record.ErrorDetails = [ErrorDetails]::new($Failure.Message)
    $record.ErrorDetails.RecommendedAction = $Failure.Hint
    $record
}

# The bound parameters as options. A path is one from PowerShell's location, which is not the process's directory.
function Get-Option([PSCmdlet] $Caller, $Parameters) {
    $options = [MSAuth.Options]::From($Parameters)
    foreach ($path in [MSAuth.Options]::Paths) {
        if ($options[$path]) { $options[$path] = $Caller.GetUnresolvedProviderPathFromPSPath($options[$path]) }
    }
    $options
}

# The grant of a sign-in that names none: what the connection did, else $MSAuthPreference's. A connection that is new, or whose
# first sign-in is only begun, has none.
function Get-Grant([MSAuth.Client] $Client, [string] $Name) {
    $found = Wait-Operation $Client.List($Name, @{})
    if (-not $found.Failure) {
        $connection = $found.Connections[0]
        if ($connection.Grant -and ($connection.Username -or -not $connection.Pending)) { return $connection.Grant }
    }
    $Client.Grant
}

function Connect-MSAuth {
    <#
    .SYNOPSIS
        Signs in and keeps the connection under a name.
    .DESCRIPTION
        -Grant says how; "msauth describe" and Get-Help about_MSAuth say what each grant is and needs. Without it, a connection that
        is known signs in again as it did before, and a new one signs in by device code. With -Grant, -DeviceCode or -Credential a
        new connection is made, and replaces one of the same name once the sign-in has succeeded.

        What is secret is a SecureString: Read-Host -AsSecureString asks for one. A path is one from the current location. Where the
        user has to do something, such as open an address, the information stream says so.

        The user's keyring holds the connection. Defaults of the parameters, the store and the network are set by
        $MSAuthPreference and by environment variables: see about_MSAuth.

        A refusal ends the command. Its ErrorRecord has the status in FullyQualifiedErrorId, such as bad_credential, what to do
        next in ErrorDetails.RecommendedAction, and the service's answer in Exception: ErrorCode, Aadsts, Claims, CorrelationId.
    .PARAMETER Name
        The connection's name: a letter or digit, then letters, digits or . _ @ + -
    .PARAMETER DeviceCode
        The same as -Grant device_code.
    .PARAMETER Credential
        With -Grant password the user's name and password. With any other grant the application's client ID and client secret;
        without one too, and it then is client_secret, unless the connection that is known signs in by password.
    .PARAMETER Resume
        Finishes a sign-in that was begun with -NoWait, or that waits for a redirect, in this session or another.
    .PARAMETER Grant
        How to sign in. Without it a connection that is known signs in again as it did before, and a new one by device code.
    .PARAMETER ClientId
        The application (client) ID, a GUID from its registration.
    .PARAMETER Tenant
        The tenant: its GUID, one of its domains, or for users organizations, common or consumers.
    .PARAMETER Authority
        Where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS authority.
    .PARAMETER Cloud
        The Microsoft cloud that the tenant lives in.
    .PARAMETER Scopes
        What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url it is Microsoft Graph.
    .PARAMETER Resource
        What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default.
    .PARAMETER Service
        What the token is for, as the name of a service: the connection's cloud says which resource that is.
    .PARAMETER Url
        What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it.
    .PARAMETER ClientSecret
        The application's secret (its value, not its ID). For the grants client_secret, authorization_code, password,
        on_behalf_of and refresh_token.
    .PARAMETER NoKeepCredentials
        Does not keep the secrets in the connection: Get-MSAuthToken then needs them to sign in again. For the grants
        authorization_code, client_secret, certificate, token_broker, federated, password, on_behalf_of and refresh_token.
    .PARAMETER Cae
        Ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims challenges.
    .PARAMETER BrokerId
        The ID that the token broker's consent page gave; also ID@ADDRESS, with the broker's address. For the grant
        token_broker.
    .PARAMETER BrokerToken
        The Token that the token broker's consent page gave. For the grant token_broker.
    .PARAMETER BrokerKey
        The Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes. For the grant token_broker.
    .PARAMETER BrokerApp
        The broker's name of its application, such as ms-graph-calendar or ms-graph-mail. For the grant token_broker.
    .PARAMETER BrokerUrl
        Where the token broker is; counts more than an address in -BrokerId. For the grant token_broker.
    .PARAMETER ClientCertificate
        The file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12. For the grants certificate,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateKey
        The PEM file of the private key, where it is not in the certificate's. For the grants certificate, authorization_code,
        password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateData
        What else would be in the file -ClientCertificate: PEM, PKCS#12, or either in base64. As bytes, a SecureString or text.
        For the grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificatePassword
        The password of the private key or of the PKCS#12 file, or the PIN of the key's device. For the grants certificate,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER CertificateThumbprint
        The certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone. For the
        grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER CertificateAlgorithm
        How to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint. For the grants
        certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER SendCertificateChain
        Send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer. For the grants
        certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateKeyUri
        Where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a TPM. For the
        grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ObjectId
        The user-assigned identity, by the object ID of its service principal instead of -ClientId. For the grant
        managed_identity.
    .PARAMETER ResourceId
        The user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of -ClientId. For the grant
        managed_identity.
    .PARAMETER ManagedIdentitySource
        Who gives the identity; auto: whom this process's variables name, else IMDS if it answers. For the grants
        managed_identity, federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER RedirectUri
        Where the browser goes after the sign-in, as registered; for interactive on this machine: http://localhost/PATH. For the
        grants interactive, authorization_code, client_secret, certificate and federated.
    .PARAMETER Port
        The port that the browser comes back to; without it any that is free. For the grant interactive.
    .PARAMETER ResponseMode
        How the browser brings the answer: in the address, or as a form. For the grants interactive and authorization_code.
    .PARAMETER DomainHint
        The domain of the user, to go past the page that asks for the account. For the grants interactive and
        authorization_code.
    .PARAMETER ValidateIdToken
        How an ID token is checked: its claims, or its signature too, by the keys that the authority publishes. For the grants
        interactive, authorization_code, device_code, password, refresh_token and on_behalf_of.
    .PARAMETER AuthorityType
        What stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID provider.
    .PARAMETER AuthorityValidation
        Discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is named.
    .PARAMETER Region
        The Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in. For the grants
        client_secret, certificate, federated and workload_identity.
    .PARAMETER SharepointHost
        The tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso.
    .PARAMETER AssertionSource
        Where the assertion comes from; each other option of a source implies it, github_actions is said by this one. For the
        grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionFile
        The file that holds the assertion, read again for each request. For the grants federated, workload_identity,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionCommand
        The command that prints the assertion, run for each request: a JSON array, ["/usr/bin/tool", "token"]. For the grants
        federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionVariable
        The name of the environment variable that holds the assertion. For the grants federated, authorization_code, password,
        on_behalf_of and refresh_token.
    .PARAMETER AssertionAudience
        The audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its cloud's.
        For the grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientAssertion
        The assertion itself, from the program; a fresh one when it is asked for. For the grants federated, authorization_code,
        password, on_behalf_of and refresh_token.
    .PARAMETER ServiceConnectionId
        The service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address. For the grants
        federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER SystemAccessToken
        The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept. For the
        grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ManagedIdentityClientId
        The user-assigned managed identity whose token is the assertion, by its client ID. For the grants federated,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AksTokenProxy
        Ask through AKS's token proxy (identity bindings) where the pod's environment names one. For the grant
        workload_identity.
    .PARAMETER Username
        The user who signs in by a password, such as alice@contoso.com. For the grant password.
    .PARAMETER Password
        The user's password; it goes to the service, or to the federation server of the user's domain. For the grant password.
    .PARAMETER RefreshToken
        The refresh token to go on with; it is redeemed at once. For the grant refresh_token.
    .PARAMETER AccessToken
        The access token to go on with, a JWT without "Bearer " before it. For the grant access_token.
    .PARAMETER NoWait
        Ends once the prompt has been shown. -Resume finishes the sign-in. For the grant device_code.
    .PARAMETER Timeout
        How long the whole operation may take; 0: as long as the sign-in itself allows. In seconds.
    .PARAMETER Claims
        The claims of a challenge (an error's claims, or decoded from WWW-Authenticate), at most 8 KiB: forces a new token.
    .PARAMETER CorrelationId
        A GUID to find the requests by in the service's sign-in log; one is made for each request otherwise.
    .PARAMETER Redirect
        What the browser came back with: the whole address, its query, the form, or the code alone. For the grants
        authorization_code, client_secret, certificate and federated.
    .PARAMETER Prompt
        What the sign-in page must ask for; without it only for what it does not know. For the grants interactive and
        authorization_code.
    .PARAMETER LoginHint
        The user name to begin with; interactive takes nobody else. For the grants interactive and authorization_code.
    .PARAMETER Browser
        The command that opens the address, instead of $BROWSER or the desktop's; none: open nothing. For the grant interactive.
    .PARAMETER AdminConsent
        First give the address where an administrator consents to the application; resume takes the answer and signs in. For the
        grants client_secret, certificate and federated.
    .PARAMETER Probe
        Ask the address of url once, without a token, what a token for it is made out to.
    .PARAMETER UserAssertion
        The access token that the caller of this service presented: whose user the new token is for. For the grant on_behalf_of.
    .EXAMPLE
        Connect-MSAuth work -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444

        Signs in by device code. Later, Connect-MSAuth work does the same again.
    .EXAMPLE
        Connect-MSAuth ci -Credential (Get-Credential) -Tenant contoso.onmicrosoft.com

        Signs the application itself in; Get-Credential asks for its client ID and secret.
    .EXAMPLE
        Connect-MSAuth nightly -Grant certificate -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444 -Tenant contoso.onmicrosoft.com `
            -ClientCertificate ./app.pem

        The same, by a certificate and its key.
    .EXAMPLE
        Connect-MSAuth me -Grant interactive -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444

        Signs a user in with the browser of this machine.
    .EXAMPLE
        Connect-MSAuth vm -Grant managed_identity -Service azure

        Takes the identity that Azure gives this machine. There is no secret.
    .EXAMPLE
        Connect-MSAuth web -Grant authorization_code -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444 -RedirectUri https://contoso.com/back
        Connect-MSAuth web -Resume -Redirect (Read-Host 'The address that the browser came back to')

        Shows the address to open, and takes back where it led.
    .EXAMPLE
        Connect-MSAuth work -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444 -NoWait
        Connect-MSAuth work -Resume

        Shows the code in one step and finishes in another, perhaps in another process.
    .OUTPUTS
        MSAuth.Connection, as Get-MSAuthConnection gives it.
    .LINK
        Get-MSAuthToken
    .LINK
        about_MSAuth
    #>
    [CmdletBinding(DefaultParameterSetName = 'Grant')]
    [OutputType('MSAuth.Connection')]
    param(
        [Parameter(Position = 0)]
        [ArgumentCompleter({ Get-MSAuthConnection "$($args[2])*" -ErrorAction Ignore | Where-Object { -not $_.Problem } | ForEach-Object Name })]
        [string] $Name = 'default',

        [Parameter(Mandatory, ParameterSetName = 'DeviceCode')]
        [switch] $DeviceCode,

        [Parameter(ParameterSetName = 'Grant')]
        [PSCredential] $Credential,

        [Parameter(Mandatory, ParameterSetName = 'Resume')]
        [switch] $Resume,

        # The options, as generate.py writes them.
        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('interactive', 'authorization_code', 'device_code', 'client_secret', 'token_broker', 'certificate',
            'managed_identity', 'federated', 'workload_identity', 'password', 'on_behalf_of',
            'refresh_token', 'access_token')]
        [string] $Grant,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $ClientId,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $Tenant,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $Authority,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [ValidateSet('public', 'gcc', 'gcc_high', 'dod', 'china', 'germany', 'sovereign_fr', 'sovereign_de', 'sovereign_sg')]
        [string] $Cloud,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string[]] $Scopes,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $Resource,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [ValidateSet('graph', 'azure', 'management', 'keyvault', 'storage', 'sql', 'exchange', 'powerbi', 'loganalytics',
            'activity', 'defender', 'defender_endpoint', 'teams', 'devops', 'aad', 'sharepoint',
            'sharepoint_admin')]
        [string] $Service,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $Url,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'Resume')]
        [securestring] $ClientSecret,

        [Parameter(ParameterSetName = 'Grant')]
        [switch] $NoKeepCredentials,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [switch] $Cae,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $BrokerId,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $BrokerToken,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $BrokerKey,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $BrokerApp,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $BrokerUrl,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ClientCertificate,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ClientCertificateKey,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'Resume')]
        [object] $ClientCertificateData,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'Resume')]
        [securestring] $ClientCertificatePassword,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $CertificateThumbprint,

        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('PS256', 'RS256')]
        [string] $CertificateAlgorithm,

        [Parameter(ParameterSetName = 'Grant')]
        [switch] $SendCertificateChain,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ClientCertificateKeyUri,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ObjectId,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ResourceId,

        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('auto', 'imds', 'app_service', 'arc', 'cloud_shell', 'azure_ml', 'service_fabric')]
        [string] $ManagedIdentitySource,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $RedirectUri,

        [Parameter(ParameterSetName = 'Grant')]
        [int] $Port,

        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('query', 'form_post')]
        [string] $ResponseMode,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $DomainHint,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [ValidateSet('claims', 'signature')]
        [string] $ValidateIdToken,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [ValidateSet('auto', 'b2c', 'oidc')]
        [string] $AuthorityType,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [ValidateSet('none', 'discovery')]
        [string] $AuthorityValidation,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $Region,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $SharepointHost,

        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('program', 'file', 'command', 'variable', 'github_actions', 'azure_pipelines', 'managed_identity')]
        [string] $AssertionSource,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $AssertionFile,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $AssertionCommand,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $AssertionVariable,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $AssertionAudience,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'Resume')]
        [securestring] $ClientAssertion,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ServiceConnectionId,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'Resume')]
        [securestring] $SystemAccessToken,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $ManagedIdentityClientId,

        [Parameter(ParameterSetName = 'Grant')]
        [switch] $AksTokenProxy,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $Username,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $Password,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $RefreshToken,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $AccessToken,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [switch] $NoWait,

        [int] $Timeout,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $Claims,

        [string] $CorrelationId,

        [Parameter(ParameterSetName = 'Resume')]
        [string] $Redirect,

        [Parameter(ParameterSetName = 'Grant')]
        [ValidateSet('login', 'select_account', 'consent', 'create', 'none')]
        [string] $Prompt,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $LoginHint,

        [Parameter(ParameterSetName = 'Grant')]
        [string] $Browser,

        [Parameter(ParameterSetName = 'Grant')]
        [switch] $AdminConsent,

        [Parameter(ParameterSetName = 'Grant')]
        [Parameter(ParameterSetName = 'DeviceCode')]
        [switch] $Probe,

        [Parameter(ParameterSetName = 'Grant')]
        [securestring] $UserAssertion
    )
    $client = Get-Client $PSCmdlet
    $options = Get-Option $PSCmdlet $PSBoundParameters
    if ($Resume) {
        $operation = $client.Resume($Name, $options)
    }
    else {
        if ($DeviceCode) { $options['grant'] = 'device_code' }
        $known = $options['grant']
        if (-not $known) { $known = Get-Grant $client $Name }
        if ($Credential) {
            $failure = [MSAuth.Options]::AddCredential($options, $true, $known, $Credential.UserName, $Credential.Password)
            if ($failure) { $PSCmdlet.ThrowTerminatingError((ConvertTo-ErrorRecord $failure $Name)) }
        }
        elseif (-not $known) { $options['grant'] = 'device_code' }
        $operation = $client.Connect($Name, $options)
    }
    $answer = Wait-Operation $operation
    if ($answer.Failure) { $PSCmdlet.ThrowTerminatingError((ConvertTo-ErrorRecord $answer.Failure $Name)) }
    if ($answer.Token) { $answer.Token.Dispose() }

    $answer = Wait-Operation $client.List($Name, @{})
    if ($answer.Failure) { $PSCmdlet.ThrowTerminatingError((ConvertTo-ErrorRecord $answer.Failure $Name)) }
    $answer.Connections
}

function Get-MSAuthToken {
    <#
    .SYNOPSIS
        Gets an access token of a connection, without asking the user.
    .DESCRIPTION
        The token that is held, a refreshed one, or one from a sign-in with the credentials that the connection keeps. When only the
        user can continue it is an error with the ID interaction_required: Connect-MSAuth signs in again.

        The token is a SecureString, as Invoke-RestMethod -Token takes it. On Linux a SecureString is not encrypted: never write one
        to a file.
    .PARAMETER Name
        The connection's name.
    .PARAMETER Credential
        For a connection that does not keep them, the application's client ID and client secret. For one that signs in by password,
        the user's password; who the user is, the connection knows.
    .PARAMETER AsPlainText
        Gives the token as a string.
    .PARAMETER ClientId
        The application (client) ID, a GUID from its registration.
    .PARAMETER Tenant
        The tenant: its GUID, one of its domains, or for users organizations, common or consumers.
    .PARAMETER Authority
        Where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS authority.
    .PARAMETER Scopes
        What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url: what the connection signed in
        for.
    .PARAMETER Resource
        What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default.
    .PARAMETER Service
        What the token is for, as the name of a service: the connection's cloud says which resource that is.
    .PARAMETER Url
        What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it.
    .PARAMETER ClientSecret
        The application's secret (its value, not its ID). For the grants client_secret, authorization_code, password,
        on_behalf_of and refresh_token.
    .PARAMETER Cae
        Ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims challenges.
    .PARAMETER BrokerToken
        The Token that the token broker's consent page gave. For the grant token_broker.
    .PARAMETER BrokerKey
        The Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes. For the grant token_broker.
    .PARAMETER ClientCertificate
        The file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12. For the grants certificate,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateKey
        The PEM file of the private key, where it is not in the certificate's. For the grants certificate, authorization_code,
        password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateData
        What else would be in the file -ClientCertificate: PEM, PKCS#12, or either in base64. As bytes, a SecureString or text.
        For the grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificatePassword
        The password of the private key or of the PKCS#12 file, or the PIN of the key's device. For the grants certificate,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER CertificateThumbprint
        The certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone. For the
        grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER CertificateAlgorithm
        How to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint. For the grants
        certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER SendCertificateChain
        Send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer. For the grants
        certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientCertificateKeyUri
        Where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a TPM. For the
        grants certificate, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ObjectId
        The user-assigned identity, by the object ID of its service principal instead of -ClientId. For the grant
        managed_identity.
    .PARAMETER ResourceId
        The user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of -ClientId. For the grant
        managed_identity.
    .PARAMETER ValidateIdToken
        How an ID token is checked: its claims, or its signature too, by the keys that the authority publishes. For the grants
        interactive, authorization_code, device_code, password, refresh_token and on_behalf_of.
    .PARAMETER AuthorityType
        What stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID provider.
    .PARAMETER AuthorityValidation
        Discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is named.
    .PARAMETER Region
        The Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in. For the grants
        client_secret, certificate, federated and workload_identity.
    .PARAMETER SharepointHost
        The tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso.
    .PARAMETER AssertionSource
        Where the assertion comes from; each other option of a source implies it, github_actions is said by this one. For the
        grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionFile
        The file that holds the assertion, read again for each request. For the grants federated, workload_identity,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionCommand
        The command that prints the assertion, run for each request: a JSON array, ["/usr/bin/tool", "token"]. For the grants
        federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AssertionVariable
        The name of the environment variable that holds the assertion. For the grants federated, authorization_code, password,
        on_behalf_of and refresh_token.
    .PARAMETER AssertionAudience
        The audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its cloud's.
        For the grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ClientAssertion
        The assertion itself, from the program; a fresh one when it is asked for. For the grants federated, authorization_code,
        password, on_behalf_of and refresh_token.
    .PARAMETER ServiceConnectionId
        The service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address. For the grants
        federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER SystemAccessToken
        The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept. For the
        grants federated, authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER ManagedIdentityClientId
        The user-assigned managed identity whose token is the assertion, by its client ID. For the grants federated,
        authorization_code, password, on_behalf_of and refresh_token.
    .PARAMETER AksTokenProxy
        Ask through AKS's token proxy (identity bindings) where the pod's environment names one. For the grant
        workload_identity.
    .PARAMETER Password
        The user's password; it goes to the service, or to the federation server of the user's domain. For the grant password.
    .PARAMETER Timeout
        How long the whole operation may take; 0: as long as the sign-in itself allows. In seconds.
    .PARAMETER Claims
        The claims of a challenge (an error's claims, or decoded from WWW-Authenticate), at most 8 KiB: forces a new token.
    .PARAMETER MinValidity
        How long a held token must still be good, at most half its life. In seconds.
    .PARAMETER Refresh
        A new token, whatever is held.
    .PARAMETER CorrelationId
        A GUID to find the requests by in the service's sign-in log; one is made for each request otherwise.
    .PARAMETER Probe
        Ask the address of url once, without a token, what a token for it is made out to.
    .PARAMETER UserAssertion
        The access token that the caller of this service presented: whose user the new token is for. For the grant on_behalf_of.
    .EXAMPLE
        Invoke-RestMethod https://graph.microsoft.com/v1.0/me -Authentication Bearer -Token (Get-MSAuthToken work).Token
    .EXAMPLE
        Get-MSAuthConnection | Get-MSAuthToken -MinValidity 1800

        A token of every connection that is good for half an hour.
    .OUTPUTS
        MSAuth.AccessToken: Token, TokenType, ExpiresOn, Scopes, Tenant, Username, Connection, Source (held, refreshed or signed_in).
    .LINK
        Connect-MSAuth
    .LINK
        about_MSAuth
    #>
    [CmdletBinding()]
    [OutputType('MSAuth.AccessToken')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ Get-MSAuthConnection "$($args[2])*" -ErrorAction Ignore | Where-Object { -not $_.Problem } | ForEach-Object Name })]
        [string] $Name = 'default',

        [PSCredential] $Credential,

        [switch] $AsPlainText,

        # The options, as generate.py writes them.
        [string] $ClientId,

        [string] $Tenant,

        [string] $Authority,

        [string[]] $Scopes,

        [string] $Resource,

        [ValidateSet('graph', 'azure', 'management', 'keyvault', 'storage', 'sql', 'exchange', 'powerbi', 'loganalytics',
            'activity', 'defender', 'defender_endpoint', 'teams', 'devops', 'aad', 'sharepoint',
            'sharepoint_admin')]
        [string] $Service,

        [string] $Url,

        [securestring] $ClientSecret,

        [switch] $Cae,

        [securestring] $BrokerToken,

        [securestring] $BrokerKey,

        [string] $ClientCertificate,

        [string] $ClientCertificateKey,

        [object] $ClientCertificateData,

        [securestring] $ClientCertificatePassword,

        [string] $CertificateThumbprint,

        [ValidateSet('PS256', 'RS256')]
        [string] $CertificateAlgorithm,

        [switch] $SendCertificateChain,

        [string] $ClientCertificateKeyUri,

        [string] $ObjectId,

        [string] $ResourceId,

        [ValidateSet('claims', 'signature')]
        [string] $ValidateIdToken,

        [ValidateSet('auto', 'b2c', 'oidc')]
        [string] $AuthorityType,

        [ValidateSet('none', 'discovery')]
        [string] $AuthorityValidation,

        [string] $Region,

        [string] $SharepointHost,

        [ValidateSet('program', 'file', 'command', 'variable', 'github_actions', 'azure_pipelines', 'managed_identity')]
        [string] $AssertionSource,

        [string] $AssertionFile,

        [string] $AssertionCommand,

        [string] $AssertionVariable,

        [string] $AssertionAudience,

        [securestring] $ClientAssertion,

        [string] $ServiceConnectionId,

        [securestring] $SystemAccessToken,

        [string] $ManagedIdentityClientId,

        [switch] $AksTokenProxy,

        [securestring] $Password,

        [int] $Timeout,

        [string] $Claims,

        [int] $MinValidity,

        [switch] $Refresh,

        [string] $CorrelationId,

        [switch] $Probe,

        [securestring] $UserAssertion
    )
    begin { $client = Get-Client $PSCmdlet }
    process {
        $options = Get-Option $PSCmdlet $PSBoundParameters
        if ($Credential) {
            $known = Get-Grant $client $Name
            $failure = [MSAuth.Options]::AddCredential($options, $false, $known, $Credential.UserName, $Credential.Password)
            if ($failure) {
                $PSCmdlet.WriteError((ConvertTo-ErrorRecord $failure $Name))
                return
            }
        }
        $answer = Wait-Operation $client.Acquire($Name, $options)
        if ($answer.Failure) {
            $PSCmdlet.WriteError((ConvertTo-ErrorRecord $answer.Failure $Name))
            return
        }
        if ($answer.Token['warning']) { Write-Warning $answer.Token['warning'] }
        $answer.Token.ToAccessToken($AsPlainText.IsPresent)
        $answer.Token.Dispose()
    }
}

function Get-MSAuthConnection {
    <#
    .SYNOPSIS
        Lists the connections that are kept.
    .DESCRIPTION
        Nothing is asked of the network, and nothing secret is shown. ExpiresOn is empty for a sign-in that is pending; Renewable says
        whether Get-MSAuthToken can get a new token without the user.
    .PARAMETER Name
        The connection's name. Wildcards are taken; a name without them that is not there is an error.
    .EXAMPLE
        Get-MSAuthConnection

        Lists all.
    .EXAMPLE
        Get-MSAuthConnection | Where-Object Pending

        Lists the sign-ins that wait to be finished with Connect-MSAuth -Resume.
    .OUTPUTS
        MSAuth.Connection: Name, Grant, ClientId, Tenant, Authority, Scopes, Username, HomeAccountId, ExpiresOn, Renewable, Pending,
        Store, Problem.
    .LINK
        Connect-MSAuth
    .LINK
        about_MSAuth
    #>
    [CmdletBinding()]
    [OutputType('MSAuth.Connection')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [SupportsWildcards()]
        [ArgumentCompleter({ Get-MSAuthConnection "$($args[2])*" -ErrorAction Ignore | Where-Object { -not $_.Problem } | ForEach-Object Name })]
        [string] $Name = '*'
    )
    begin { $client = Get-Client $PSCmdlet }
    process {
        $all = [WildcardPattern]::ContainsWildcardCharacters($Name)
        if ($all) { $operation = $client.List(@{}) } else { $operation = $client.List($Name, @{}) }
        $answer = Wait-Operation $operation
        if ($answer.Failure) {
            $PSCmdlet.WriteError((ConvertTo-ErrorRecord $answer.Failure $Name))
            return
        }
        foreach ($connection in $answer.Connections) {
            if (-not $all -or $connection.Name -like $Name) { $connection }
        }
    }
}

function Disconnect-MSAuth {
    <#
    .SYNOPSIS
        Removes a connection and its tokens.
    .DESCRIPTION
        What is kept on this machine is removed. The service is not told: a token that was handed out works until it expires.
    .PARAMETER Name
        The connection's name.
    .PARAMETER Keep
        Settings: forget tokens and credentials, keep how to sign in.
    .EXAMPLE
        Disconnect-MSAuth work
    .EXAMPLE
        Get-MSAuthConnection test* | Disconnect-MSAuth -WhatIf
    .LINK
        Connect-MSAuth
    .LINK
        about_MSAuth
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ Get-MSAuthConnection "$($args[2])*" -ErrorAction Ignore | Where-Object { -not $_.Problem } | ForEach-Object Name })]
        [string] $Name,

        # The options, as generate.py writes them.
        [ValidateSet('nothing', 'settings')]
        [string] $Keep
    )
    begin { $client = Get-Client $PSCmdlet }
    process {
        if (-not $PSCmdlet.ShouldProcess($Name, 'Remove the connection and its tokens')) { return }
        $answer = Wait-Operation $client.Disconnect($Name, (Get-Option $PSCmdlet $PSBoundParameters))
        if ($answer.Failure) { $PSCmdlet.WriteError((ConvertTo-ErrorRecord $answer.Failure $Name)) }
    }
}
