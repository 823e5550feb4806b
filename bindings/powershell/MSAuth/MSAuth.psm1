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

# Whether a connection knows how to sign in again. One that is new, or whose first sign-in is only begun, does not.
function Test-SignIn([MSAuth.Client] $Client, [string] $Name) {
    $found = Wait-Operation $Client.List($Name, @{})
    if ($found.Failure) { return $false }
    $connection = $found.Connections[0]
    $connection.Grant -and ($connection.Username -or -not $connection.Pending)
}

function Connect-MSAuth {
    <#
    .SYNOPSIS
        Signs in and keeps the connection under a name.
    .DESCRIPTION
        Without -DeviceCode, -Credential or -Resume a connection that is known signs in again as it did before, and a new one signs
        in by device code. With -DeviceCode or -Credential a new connection is made, and replaces one of the same name once the
        sign-in has succeeded.

        The user's keyring holds the connection. Defaults of the parameters, the store and the network are set by
        $MSAuthPreference and by environment variables: see about_MSAuth.

        A refusal ends the command. Its ErrorRecord has the status in FullyQualifiedErrorId, such as bad_credential, what to do
        next in ErrorDetails.RecommendedAction, and the service's answer in Exception: ErrorCode, Aadsts, Claims, CorrelationId.
    .PARAMETER Name
        The connection's name: a letter or digit, then letters, digits or . _ @ + -
    .PARAMETER DeviceCode
        Signs in with a code that is entered in a browser on any device (RFC 8628). The code is shown in the information stream.
    .PARAMETER Credential
        The application's client ID as user name, and its client secret as password (RFC 6749 section 4.4). -Tenant is needed.
    .PARAMETER Resume
        Finishes a sign-in that was begun with -NoWait, in this session or another.
    .PARAMETER Redirect
        What the browser came back with, where the sign-in was begun with a redirect: the whole address, or the code alone.
    .PARAMETER NoWait
        Ends once the code has been shown. -Resume finishes the sign-in.
    .PARAMETER ClientId
        The application (client) ID, a GUID from its registration.
    .PARAMETER Tenant
        The tenant: its GUID, one of its domains, or for users organizations, common or consumers.
    .PARAMETER Authority
        Where to sign in instead of the cloud's own host: https://HOST or https://HOST/TENANT.
    .PARAMETER Cloud
        The Microsoft cloud that the tenant lives in.
    .PARAMETER Scopes
        What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url it is Microsoft Graph.
    .PARAMETER Resource
        What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default.
    .PARAMETER Service
        What the token is for, as the name of a service, such as azure or keyvault: the cloud says which resource that is.
    .PARAMETER Url
        What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it.
    .PARAMETER NoKeepCredentials
        Does not keep the secret in the connection: Get-MSAuthToken then needs -Credential to sign in again.
    .PARAMETER AdminConsent
        First gives the address where an administrator consents to the application. -Resume -Redirect takes the answer and signs in.
    .PARAMETER RedirectUri
        Where the browser goes after the consent, as registered.
    .PARAMETER ValidateIdToken
        How the ID token is checked: claims, or signature, which also checks it by the keys that the authority publishes.
    .PARAMETER Cae
        Asks for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims challenges.
    .PARAMETER Claims
        The claims of a challenge: an error's Exception.Claims, or decoded from WWW-Authenticate.
    .PARAMETER Timeout
        How many seconds the whole sign-in may take. 0: as long as the sign-in itself allows.
    .PARAMETER CorrelationId
        A GUID to find the requests by in the service's sign-in log.
    .EXAMPLE
        Connect-MSAuth work -ClientId 00001111-aaaa-2222-bbbb-3333cccc4444

        Signs in by device code. Later, Connect-MSAuth work does the same again.
    .EXAMPLE
        Connect-MSAuth ci -Credential (Get-Credential) -Tenant contoso.onmicrosoft.com

        Signs the application itself in; Get-Credential asks for its client ID and secret.
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
    [CmdletBinding(DefaultParameterSetName = 'DeviceCode')]
    [OutputType('MSAuth.Connection')]
    param(
        [Parameter(Position = 0)]
        [ArgumentCompleter({ Get-MSAuthConnection "$($args[2])*" -ErrorAction Ignore | Where-Object { -not $_.Problem } | ForEach-Object Name })]
        [string] $Name = 'default',

        [Parameter(ParameterSetName = 'DeviceCode')]
        [switch] $DeviceCode,

        [Parameter(Mandatory, ParameterSetName = 'ClientSecret')]
        [PSCredential] $Credential,

        [Parameter(Mandatory, ParameterSetName = 'Resume')]
        [switch] $Resume,

        [Parameter(ParameterSetName = 'Resume')]
        [string] $Redirect,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [switch] $NoWait,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $ClientId,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Tenant,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Authority,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Cloud,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string[]] $Scopes,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Resource,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Service,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Url,

        [Parameter(ParameterSetName = 'ClientSecret')]
        [switch] $NoKeepCredentials,

        [Parameter(ParameterSetName = 'ClientSecret')]
        [switch] $AdminConsent,

        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $RedirectUri,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [string] $ValidateIdToken,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [switch] $Cae,

        [Parameter(ParameterSetName = 'DeviceCode')]
        [Parameter(ParameterSetName = 'ClientSecret')]
        [string] $Claims,

        [int] $Timeout,

        [string] $CorrelationId
    )
    $client = Get-Client $PSCmdlet
    $options = [MSAuth.Options]::From($PSBoundParameters)
    if ($Resume) {
        $operation = $client.Resume($Name, $options)
    }
    else {
        if ($Credential) {
            $options.grant = 'client_secret'
            $options.client_id = $Credential.UserName
            $options.client_secret = $Credential.Password
        }
        elseif ($DeviceCode -or -not (Test-SignIn $client $Name)) {
            $options.grant = 'device_code'
        }
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
    .PARAMETER Scopes
        What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url: what the connection signed in for.
    .PARAMETER Resource
        What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default.
    .PARAMETER Service
        What the token is for, as the name of a service, such as azure or keyvault: the cloud says which resource that is.
    .PARAMETER Url
        What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it.
    .PARAMETER Tenant
        The tenant, instead of the connection's own.
    .PARAMETER Credential
        The application's client ID and client secret, for a connection that does not keep them.
    .PARAMETER Cae
        Asks for a token that can be revoked at once (continuous access evaluation).
    .PARAMETER Claims
        The claims of a challenge: forces a new token.
    .PARAMETER MinValidity
        For how many seconds a held token must still be good, at most half its life.
    .PARAMETER Refresh
        Asks for a new token, whatever is held.
    .PARAMETER Timeout
        How many seconds the whole call may take. 0: as long as it takes.
    .PARAMETER CorrelationId
        A GUID to find the requests by in the service's sign-in log.
    .PARAMETER AsPlainText
        Gives the token as a string.
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

        [string[]] $Scopes,

        [string] $Resource,

        [string] $Service,

        [string] $Url,

        [string] $Tenant,

        [PSCredential] $Credential,

        [switch] $Cae,

        [string] $Claims,

        [int] $MinValidity,

        [switch] $Refresh,

        [int] $Timeout,

        [string] $CorrelationId,

        [switch] $AsPlainText
    )
    begin { $client = Get-Client $PSCmdlet }
    process {
        $options = [MSAuth.Options]::From($PSBoundParameters)
        if ($Credential) {
            $options.client_id = $Credential.UserName
            $options.client_secret = $Credential.Password
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
        nothing, or settings: tokens and credentials are removed, and Connect-MSAuth signs in again as before.
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

        [string] $Keep
    )
    begin { $client = Get-Client $PSCmdlet }
    process {
        if (-not $PSCmdlet.ShouldProcess($Name, 'Remove the connection and its tokens')) { return }
        $answer = Wait-Operation $client.Disconnect($Name, [MSAuth.Options]::From($PSBoundParameters))
        if ($answer.Failure) { $PSCmdlet.WriteError((ConvertTo-ErrorRecord $answer.Failure $Name)) }
    }
}
