# What needs no Entra: how the module loads, its help, and what the analyzer says.
BeforeDiscovery {
    $commands = (Import-PowerShellDataFile "$PSScriptRoot/../MSAuth/MSAuth.psd1").FunctionsToExport
}

BeforeAll { Import-Module "$PSScriptRoot/../MSAuth" -Force }
AfterAll { Remove-Module MSAuth }

Describe 'The module' {
    It 'exports <_>, with help for it and its parameters' -ForEach $commands {
        $help = Get-Help $_
        $help.Synopsis | Should -Not -BeLike "$_ *"
        foreach ($parameter in @($help.parameters.parameter)) {
            $parameter.description.Text | Should -Not -BeNullOrEmpty -Because $parameter.name
        }
        @($help.examples.example).Count | Should -BeGreaterThan 0
    }
    It 'exports nothing else' {
        (Get-Command -Module MSAuth).Name | Sort-Object | Should -Be ((Import-PowerShellDataFile "$PSScriptRoot/../MSAuth/MSAuth.psd1").FunctionsToExport | Sort-Object)
    }
    It 'has a page about itself' { Get-Help about_MSAuth | Out-String | Should -BeLike '*MSAuthPreference*' }
    It 'is a module by its manifest' { Test-ModuleManifest "$PSScriptRoot/../MSAuth/MSAuth.psd1" | Should -Not -BeNullOrEmpty }
    It 'is imported again by force' { { Import-Module "$PSScriptRoot/../MSAuth" -Force } | Should -Not -Throw }
    It 'has a category of PowerShell for every status' {
        foreach ($status in 1..60) { [MSAuth.MSAuthException]::CategoryOf($status) -as [System.Management.Automation.ErrorCategory] | Should -Not -BeNullOrEmpty }
    }
    It 'says in one sentence that the library is not there' {
        $said = & (Get-Process -Id $PID).Path -NoProfile -Command "`$env:MSAUTH_LIBRARY = '/nowhere.so'; Import-Module '$PSScriptRoot/../MSAuth'" 2>&1 | Out-String
        $said | Should -BeLike "*MSAuth cannot load '/nowhere.so'*"
    }
    It 'pleases the analyzer' {
        Invoke-ScriptAnalyzer "$PSScriptRoot/../MSAuth" -Recurse | Should -BeNullOrEmpty
    }
}
