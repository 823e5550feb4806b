@{
    RootModule           = 'MSAuth.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6a0f5b0e-52a3-4f31-9a5e-0d6a1f3f7c11'
    Author               = 'The libmsauth authors'
    Copyright            = 'Apache-2.0'
    Description          = 'Sign in to the Microsoft identity platform (Entra ID) and stay signed in, on Linux.'
    PowerShellVersion    = '7.2'
    CompatiblePSEditions = @('Core')
    FunctionsToExport    = @('Connect-MSAuth', 'Get-MSAuthToken', 'Get-MSAuthConnection', 'Disconnect-MSAuth')
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    FormatsToProcess     = @('MSAuth.format.ps1xml')
    FileList             = @('MSAuth.psd1', 'MSAuth.psm1', 'MSAuth.cs', 'MSAuth.format.ps1xml', 'en-US/about_MSAuth.help.txt')
    PrivateData          = @{ PSData = @{ Tags = @('Linux', 'Entra', 'OAuth', 'Authentication', 'Token') } }
}
