# The commands against the local Entra, with connections in memory. For a machine with PowerShell 7.6 and Pester 5:
#   MSAUTH_LIBRARY=.build/release/libmsauth.so.0 pwsh -NoProfile -Command Invoke-Pester bindings/powershell/tests
BeforeAll {
    $root = (Resolve-Path "$PSScriptRoot/../../..").Path
    $place = Join-Path ([System.IO.Path]::GetTempPath()) "msauth-$([guid]::NewGuid())"
    $null = New-Item -ItemType Directory $place
    $server = Start-Process /usr/bin/python3 '-B', "$root/Tests/entra", '--directory', $place -PassThru -RedirectStandardOutput "$place/log"
    $patience = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (Test-Path "$place/entra.json")) {
        if ($server.HasExited -or $patience.Elapsed.TotalSeconds -gt 20) { throw 'The local Entra did not start.' }
        Start-Sleep -Milliseconds 50
    }
    $entra = Get-Content -Raw "$place/entra.json" | ConvertFrom-Json

    function Set-Entra([string] $Path, [hashtable] $Body) {
        $null = Invoke-RestMethod "$($entra.admin)$Path" -Method Post -Body ($Body | ConvertTo-Json) -ContentType application/json -SkipCertificateCheck -NoProxy
    }

    function Get-Secret([string] $Secret = $entra.client_secret) {
        [pscredential]::new($entra.confidential_client_id, (ConvertTo-SecureString $Secret -AsPlainText -Force))
    }

    Import-Module "$PSScriptRoot/../MSAuth" -Force
    $global:MSAuthPreference = @{ Store = 'memory'; CaFile = $entra.ca_file; Authority = $entra.base; Tenant = $entra.tenant }
}

AfterAll {
    Remove-Variable MSAuthPreference -Scope Global -ErrorAction Ignore
    Remove-Module MSAuth
    Stop-Process $server
    Remove-Item $place -Recurse
}

BeforeEach {
    Set-Entra /reset @{}
    Set-Entra /settings @{ device_interval = 1; auto_approve = 0 }
    Get-MSAuthConnection | Disconnect-MSAuth
}

Describe 'Connect-MSAuth' {
    It 'shows the code, then the connection' {
        $shown = Connect-MSAuth work -ClientId $entra.client_id 6>&1
        "$($shown[0])" | Should -Match 'devicelogin|deviceauth|code'
        $shown[1].Name | Should -Be 'work'
        $shown[1].Username | Should -Be $entra.user
        $shown[1].ExpiresOn | Should -BeGreaterThan ([DateTimeOffset]::UtcNow)
    }
    It 'signs in again as the connection did' {
        Connect-MSAuth ci -Credential (Get-Secret) | Out-Null
        (Connect-MSAuth ci).Grant | Should -Be 'client_secret'
        Connect-MSAuth work -ClientId $entra.client_id 6>&1 | Out-Null
        (Connect-MSAuth work 6>&1)[-1].Grant | Should -Be 'device_code'
    }
    It 'begins in one call and finishes in another' {
        Set-Entra /settings @{ auto_approve = $null }
        $begun = Connect-MSAuth work -ClientId $entra.client_id -NoWait 6>&1
        $begun[-1].Pending | Should -BeTrue
        $begun[-1].ExpiresOn | Should -BeNullOrEmpty
        $begun[-1] | Format-Table | Out-String | Should -BeLike '*pending*'
        Set-Entra /device/approve @{}
        $finished = Connect-MSAuth work -Resume
        $finished.Pending | Should -BeFalse
        $finished.ExpiresOn | Should -Not -BeNullOrEmpty
    }
    It 'takes the secret as a PSCredential, whatever its letters' {
        Set-Entra /apps @{ client_id = $entra.confidential_client_id; secrets = @('päss €') }
        (Connect-MSAuth ci -Credential (Get-Secret 'päss €')).Grant | Should -Be 'client_secret'
    }
    It 'ends with a refusal and says what to do' {
        $refusal = { Connect-MSAuth ci -Credential (Get-Secret 'wrong') } | Should -Throw -PassThru -ErrorId 'bad_credential,Connect-MSAuth'
        $refusal.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $refusal.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $refusal.Exception.Aadsts | Should -Be 7000215
        "$refusal" | Should -Not -BeLike '*wrong*'
    }
    It 'signs in by a certificate, whose path is from the current location' {
        $how = 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=app', '-keyout', "$place/app.key", '-out', "$place/app.crt"
        & openssl @how 2>$null
        Set-Entra /apps @{ client_id = $entra.confidential_client_id; certificates = @(Get-Content -Raw "$place/app.crt") }
        Push-Location $place
        try {
            $signed = Connect-MSAuth ci -Grant Certificate -ClientId $entra.confidential_client_id -ClientCertificate app.crt -ClientCertificateKey ./app.key
        }
        finally { Pop-Location }
        $signed.Grant | Should -Be 'certificate'
        # Files that a connection names are found from anywhere.
        (Get-MSAuthToken ci -Refresh).Source | Should -Be 'signed_in'
        $pem = Get-Content -AsByteStream "$place/app.crt", "$place/app.key"
        (Connect-MSAuth ci -Grant certificate -ClientId $entra.confidential_client_id -ClientCertificateData $pem).Grant | Should -Be 'certificate'
    }
    It 'shows the address of a sign-in with a redirect, and waits for it' {
        # The demo web application of the local Entra.
        $begun = Connect-MSAuth web -Grant authorization_code -ClientId c0de0000-0000-4000-8000-00000000a006 -RedirectUri https://localhost/myapp 6>&1
        "$($begun[0])" | Should -Match 'https://\S+/authorize\?'
        $begun[-1].Pending | Should -BeTrue
        { Connect-MSAuth web -Resume -Redirect 'https://localhost/myapp?error=access_denied' } | Should -Throw
    }
    It 'takes -DeviceCode and -Grant device_code for the same' {
        (Connect-MSAuth work -DeviceCode -ClientId $entra.client_id 6>&1)[-1].Grant | Should -Be 'device_code'
        (Connect-MSAuth work -Grant device_code -ClientId $entra.client_id 6>&1)[-1].Grant | Should -Be 'device_code'
        { Connect-MSAuth work -DeviceCode -Grant certificate } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }
    It 'takes the grant of $MSAuthPreference' {
        $MSAuthPreference = @{ Store = 'memory'; CaFile = $entra.ca_file; Authority = $entra.base; Tenant = $entra.tenant; Grant = 'client_secret' }
        Write-Verbose "$($MSAuthPreference.Count)"
        (Connect-MSAuth ci -ClientId $entra.confidential_client_id -ClientSecret (Get-Secret).Password).Grant | Should -Be 'client_secret'
    }
    It 'refuses a grant that there is not, and two ways to say who signs in' {
        { Connect-MSAuth ci -Grant magic } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        { Connect-MSAuth ci -Credential (Get-Secret) -ClientId x } | Should -Throw -ErrorId 'invalid_argument,Connect-MSAuth'
    }
    It 'completes words' {
        (TabExpansion2 'Connect-MSAuth -Grant man' 25).CompletionMatches.CompletionText | Should -Be 'managed_identity'
    }
    It 'refuses what the library does not take, by name' {
        { Connect-MSAuth 'not a name' -ClientId x } | Should -Throw -ErrorId 'invalid_argument*'
    }
    It 'ends soon after the pipeline is stopped' {
        Set-Entra /settings @{ auto_approve = $null }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$PSScriptRoot/../MSAuth'").AddStatement()
            $null = $shell.AddCommand('Set-Variable').AddParameters(@{ Name = 'MSAuthPreference'; Value = $MSAuthPreference }).AddStatement()
            $null = $shell.AddCommand('Connect-MSAuth').AddParameters(@{ Name = 'work'; ClientId = $entra.client_id })
            $null = $shell.BeginInvoke()
            $patience = [System.Diagnostics.Stopwatch]::StartNew()
            while ($shell.Streams.Information.Count -eq 0 -and $patience.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 20 }
            $shell.Streams.Information.Count | Should -Be 1
            $patience.Restart()
            $shell.Stop()
            $patience.ElapsedMilliseconds | Should -BeLessThan 300
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Get-MSAuthToken' {
    BeforeEach { Connect-MSAuth ci -Credential (Get-Secret) | Out-Null }

    It 'gives a SecureString unless told otherwise' {
        (Get-MSAuthToken ci).Token | Should -BeOfType securestring
        (Get-MSAuthToken ci -AsPlainText).Token | Should -BeLike 'eyJ*'
    }
    It 'gives the held token, and another on request' {
        (Get-MSAuthToken ci).Source | Should -Be 'held'
        (Get-MSAuthToken ci -Refresh).Source | Should -Be 'signed_in'
    }
    It 'gives a token for another resource' {
        (Get-MSAuthToken ci -Resource https://vault.azure.net).Scopes | Should -Be 'https://vault.azure.net/.default'
    }
    It 'goes on after a connection that is not there' {
        $names = 'ci', 'missing', 'ci' | ForEach-Object { [pscustomobject]@{ Name = $_ } }
        $tokens = $names | Get-MSAuthToken -ErrorAction SilentlyContinue -ErrorVariable errors
        $tokens.Count | Should -Be 2
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -Be 'not_found,Get-MSAuthToken'
        $errors[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $errors[0].TargetObject | Should -Be 'missing'
    }
    It 'completes names' {
        (TabExpansion2 'Get-MSAuthToken c' 17).CompletionMatches.CompletionText | Should -Be 'ci'
    }
}

Describe 'Get-MSAuthConnection' {
    BeforeEach {
        Connect-MSAuth ci -Credential (Get-Secret) | Out-Null
        Connect-MSAuth ci.2 -Credential (Get-Secret) | Out-Null
    }

    It 'lists all, by wildcard, or one' {
        (Get-MSAuthConnection).Name | Should -Be 'ci', 'ci.2'
        (Get-MSAuthConnection *2).Name | Should -Be 'ci.2'
        (Get-MSAuthConnection ci).Name | Should -Be 'ci'
    }
    It 'says that a name is not there, but not that nothing fits' {
        { Get-MSAuthConnection missing -ErrorAction Stop } | Should -Throw -ErrorId 'not_found*'
        Get-MSAuthConnection missing* -ErrorAction Stop | Should -BeNullOrEmpty
    }
    It 'survives a table and JSON' {
        Get-MSAuthConnection | Format-Table | Out-String | Should -BeLike '*ci.2*client_secret*'
        (Get-MSAuthConnection ci | ConvertTo-Json | ConvertFrom-Json).Grant | Should -Be 'client_secret'
    }
}

Describe 'Disconnect-MSAuth' {
    BeforeEach { Connect-MSAuth ci -Credential (Get-Secret) | Out-Null }

    It 'removes a connection' {
        Get-MSAuthConnection ci | Disconnect-MSAuth
        Get-MSAuthConnection | Should -BeNullOrEmpty
    }
    It 'removes nothing under -WhatIf' {
        Disconnect-MSAuth ci -WhatIf
        (Get-MSAuthConnection ci).Name | Should -Be 'ci'
    }
    It 'keeps the settings when told to' {
        Disconnect-MSAuth ci -Keep settings
        $kept = Get-MSAuthConnection ci
        $kept.Grant | Should -Be 'client_secret'
        $kept.ExpiresOn | Should -BeNullOrEmpty
    }
    It 'says that a connection is not there' {
        { Disconnect-MSAuth missing -ErrorAction Stop } | Should -Throw -ErrorId 'not_found*'
    }
}

Describe 'MSAuthPreference' {
    It 'is looked for where the caller stands' {
        function Test-Scope {
            $MSAuthPreference = @{ Storre = 'memory' }
            Write-Verbose "$($MSAuthPreference.Count)"
            Get-MSAuthConnection -ErrorAction Stop
        }
        { Test-Scope } | Should -Throw -ErrorId 'invalid_argument*'
        { Get-MSAuthConnection -ErrorAction Stop } | Should -Not -Throw
    }
    It 'gives way to a parameter' {
        { Connect-MSAuth ci -Credential (Get-Secret) -Tenant missing.example } | Should -Throw
    }
    It 'stands over the environment' {
        $env:MSAUTH_TENANT = 'missing.example'
        try { (Connect-MSAuth ci -Credential (Get-Secret)).Name | Should -Be 'ci' }
        finally { $env:MSAUTH_TENANT = $null }
    }
}
